namespace StyleProtect.Hub;

/// <summary>A model that was downloaded or was here already.</summary>
/// <param name="Repository">The repository, <c>owner/name</c>.</param>
/// <param name="Commit">The commit whose files these are.</param>
/// <param name="Path">What to give as the model: a folder or a file.</param>
/// <param name="Files">The files, by their paths in the repository.</param>
/// <param name="Bytes">Their size.</param>
/// <param name="DownloadedBytes">Bytes that came over the network now.</param>
/// <param name="Notes">What was chosen, one sentence each: for example which variant.</param>
public sealed record PulledModel(string Repository, string Commit, string Path, IReadOnlyList<string> Files, long Bytes, long DownloadedBytes,
    IReadOnlyList<string> Notes);
