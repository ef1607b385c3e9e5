namespace StyleProtect.Hub;

/// <summary>What the check of a file found.</summary>
public enum FileState
{
    /// <summary>Size and hash are those of the repository.</summary>
    Intact,

    /// <summary>The bytes are not those of the repository.</summary>
    Damaged,

    /// <summary>The file is linked but not there.</summary>
    Missing,

    /// <summary>There is no hash to compare with: the file lies in the cache without its hash as name, and the network was not used.</summary>
    Unknown,
}

/// <summary>One file of a <see cref="ModelVerification"/>.</summary>
/// <param name="Name">Path in the repository.</param>
/// <param name="Bytes">Size on disk; 0 for a missing file.</param>
/// <param name="State">What was found.</param>
/// <param name="Detail">What is wrong; null for an intact file.</param>
public sealed record VerifiedFile(string Name, long Bytes, FileState State, string? Detail);

/// <summary>The files of a downloaded model, compared with their hashes.</summary>
/// <param name="Repository">The repository, <c>owner/name</c>.</param>
/// <param name="Commit">The commit.</param>
/// <param name="Path">The snapshot's folder.</param>
/// <param name="Files">All files.</param>
/// <param name="Removed">Damaged files that were deleted, so that the next download gets them again.</param>
public sealed record ModelVerification(string Repository, string Commit, string Path, IReadOnlyList<VerifiedFile> Files, IReadOnlyList<string> Removed)
{
    /// <summary>Whether no file is damaged or missing.</summary>
    public bool IsIntact => Files.All(f => f.State is FileState.Intact or FileState.Unknown);
}
