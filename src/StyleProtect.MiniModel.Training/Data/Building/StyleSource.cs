namespace StyleProtect.MiniModel.Training.Data.Building;

/// <summary>Where the pictures of one style come from.</summary>
/// <param name="Id">Name of the style; in lower case the word of captions for training styles.</param>
/// <param name="Title">The set's own name.</param>
/// <param name="Author">Whom to credit.</param>
/// <param name="Package">Package that holds the drawings.</param>
/// <param name="Version">Pinned version of the package.</param>
/// <param name="Licence">SPDX identifier of the drawings' licence.</param>
/// <param name="Url">The set's home.</param>
/// <param name="Role">What the pictures may be used for.</param>
/// <param name="Joined">
/// Whether a training style joined later: it takes the others' contents and held-out contents as they are, so that what was held out before stays held out.
/// </param>
internal sealed record StyleSource(
    string Id, string Title, string Author, string Package, string Version, string Licence, string Url, StyleRole Role, bool Joined = false);
