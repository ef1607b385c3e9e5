using StyleProtect.Artworks;

namespace StyleProtect.Cli.Backends;

/// <summary>Reads and writes pictures.</summary>
internal interface IArtworkStore
{
    /// <summary>Reads a picture.</summary>
    /// <exception cref="PictureException">It cannot be read; the message says why.</exception>
    Artwork Load(string path);

    /// <summary>Writes a picture to a temporary name and renames it.</summary>
    /// <exception cref="PictureException">It cannot be written; the message says why. Nothing is left behind.</exception>
    SavedPicture Save(Artwork artwork, string path, PictureFormat format, bool overwrite);
}

/// <summary>What was written.</summary>
/// <param name="Bytes">Size of the file.</param>
/// <param name="IsPixelExact">Whether reading it back gives exactly the computed samples.</param>
/// <param name="Notes">What the format could not hold, each a sentence for the user.</param>
internal sealed record SavedPicture(long Bytes, bool IsPixelExact, IReadOnlyList<string> Notes);

/// <summary>One picture that cannot be read or written; the others go on.</summary>
internal sealed class PictureException(string message, Exception? cause = null) : Exception(message, cause);
