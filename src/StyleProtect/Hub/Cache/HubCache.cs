namespace StyleProtect.Hub.Cache;

/// <summary>
/// The cache's layout, which huggingface_hub shares: <c>models--owner--name</c> with <c>blobs</c> (files named by their hash), <c>snapshots</c> (a folder a
/// commit, links into the blobs) and <c>refs</c> (a file a branch, which holds its commit); locks lie in <c>.locks</c> beside.
/// </summary>
/// <param name="Root">The cache's folder.</param>
internal sealed record HubCache(string Root)
{
    private const int MaxRefBytes = 256;

    internal string FolderOf(RepositoryName repository) => Path.Combine(Root, repository.FolderName);

    internal string LocksOf(RepositoryName repository) => Path.Combine(Root, ".locks", repository.FolderName);

    internal string LockOf(RepositoryName repository, string etag) => Path.Combine(LocksOf(repository), etag + ".lock");

    internal string BlobOf(RepositoryName repository, string etag) => Path.Combine(FolderOf(repository), "blobs", etag);

    internal string SnapshotOf(RepositoryName repository, string commit) => Path.Combine(FolderOf(repository), "snapshots", commit);

    /// <summary>The commit that a branch or tag stands for on this machine; null where none is recorded.</summary>
    /// <exception cref="ModelStoreException">The record is not a commit.</exception>
    internal string? CommitOf(RepositoryName repository)
    {
        var revision = repository.RevisionOrMain;
        if (HexName.IsCommit(revision)) return revision;
        var file = RefOf(repository);
        if (RealFile.LengthOrNull(file) is not { } length) return null;
        var commit = length <= MaxRefBytes ? File.ReadAllText(file).Trim() : "";
        return HexName.IsCommit(commit) ? commit
            : throw new ModelStoreException($"'{file}' does not hold a commit (40 hexadecimal digits). Delete the file and download the model again.");
    }

    /// <summary>The folder of a revision's files and its commit; null where it is not on this machine.</summary>
    internal (string Folder, string Commit)? SnapshotOf(RepositoryName repository) =>
        CommitOf(repository) is { } commit && Directory.Exists(SnapshotOf(repository, commit)) ? (SnapshotOf(repository, commit), commit) : null;

    /// <summary>Repositories in the cache, in order of their names.</summary>
    internal IReadOnlyList<RepositoryName> Repositories() => !Directory.Exists(Root) ? [] :
        [.. Directory.EnumerateDirectories(Root, "models--*").Select(f => RepositoryName.OfFolder(Path.GetFileName(f))).OfType<RepositoryName>()
            .OrderBy(r => r.Id, StringComparer.OrdinalIgnoreCase)];

    /// <summary>Commits of a repository that have a folder, the newest first.</summary>
    internal IReadOnlyList<string> Commits(RepositoryName repository)
    {
        var folder = new DirectoryInfo(Path.Combine(FolderOf(repository), "snapshots"));
        return !folder.Exists ? [] : [.. folder.EnumerateDirectories().Where(d => HexName.IsCommit(d.Name)).OrderByDescending(d => d.LastWriteTimeUtc)
            .ThenBy(d => d.Name, StringComparer.Ordinal).Select(d => d.Name)];
    }

    /// <summary>Records which commit a branch or tag stands for. A commit needs no record.</summary>
    internal void WriteRef(RepositoryName repository, string commit)
    {
        if (HexName.IsCommit(repository.RevisionOrMain)) return;
        var file = RefOf(repository);
        CreateFolder(repository, Path.GetDirectoryName(file)!);
        var temporary = $"{file}.{Guid.NewGuid():N}";
        File.WriteAllText(temporary, commit);
        File.Move(temporary, file, overwrite: true);
    }

    /// <summary>Makes a folder of a repository.</summary>
    /// <exception cref="ModelStoreException">One on the way is a link: writing would go elsewhere.</exception>
    internal void CreateFolder(RepositoryName repository, string folder)
    {
        var root = FolderOf(repository);
        for (var at = new DirectoryInfo(folder); at is not null && at.FullName.Length > Path.GetFullPath(root).Length; at = at.Parent)
            if (at.LinkTarget is { } target)
                throw new ModelStoreException($"'{at.FullName}' is a link to '{target}': nothing is written through it. Delete the link, then try again.");
        Directory.CreateDirectory(folder);
    }

    private string RefOf(RepositoryName repository) =>
        SafeName.Below(Path.Combine(FolderOf(repository), "refs"), repository.RevisionOrMain, "The revision");
}
