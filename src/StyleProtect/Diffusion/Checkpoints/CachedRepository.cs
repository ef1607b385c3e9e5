namespace StyleProtect.Diffusion.Checkpoints;

/// <summary>
/// The folder layout of the Hugging Face cache: <c>models--owner--name</c> with <c>refs/&lt;revision&gt;</c> (a file that holds a commit),
/// <c>snapshots/&lt;commit&gt;</c> and <c>blobs</c>, into which the snapshots' files may be links.
/// </summary>
internal static class CachedRepository
{
    private const string Prefix = "models--";

    /// <summary>Every snapshot of the cache; none where there is no cache.</summary>
    internal static IReadOnlyList<string> Snapshots()
    {
        try
        {
            var root = HubPaths.OfProcess.CacheFolder;
            return Directory.Exists(root)
                ? [.. Directory.EnumerateDirectories(root, Prefix + "*").Order(StringComparer.Ordinal).Select(Snapshots).Where(Directory.Exists)
                    .SelectMany(Directory.EnumerateDirectories)]
                : [];
        }
        catch (UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Whether a folder is the root of a cached repository.</summary>
    internal static bool IsRepository(string folder) =>
        Path.GetFileName(Path.TrimEndingDirectorySeparator(folder)).StartsWith(Prefix, StringComparison.Ordinal) && Directory.Exists(Snapshots(folder));

    /// <summary>The snapshot that a repository's root stands for: that of <c>main</c>, or the only one.</summary>
    /// <exception cref="CheckpointException">There is none, or none of several is <c>main</c>; the message lists them.</exception>
    internal static string Snapshot(string repository)
    {
        var root = Path.TrimEndingDirectorySeparator(repository);
        var reference = Path.Combine(root, "refs", "main");
        if (File.Exists(reference))
        {
            var commit = File.ReadAllText(reference).Trim();
            if (!ModelFolder.IsPlainName(commit))
                throw new CheckpointException($"{reference}: '{SafetensorsHeader.Shown(commit)}' is not a commit; delete the file or the cached model.");
            var folder = Path.Combine(Snapshots(root), commit);
            return Directory.Exists(folder)
                ? folder
                : throw new CheckpointException($"{reference} names the commit {commit}, which is not in '{Snapshots(root)}': the download may be incomplete.");
        }

        var there = Directory.GetDirectories(Snapshots(root)).Order(StringComparer.Ordinal).ToArray();
        return there switch
        {
            [var only] => only,
            [] => throw new CheckpointException($"'{root}' has no snapshot: the download may be incomplete."),
            _ => throw new CheckpointException(
                $"'{root}' has no refs/main and {there.Length} snapshots; name one of them: {string.Join(", ", there.Take(5).Select(Path.GetFileName))}."),
        };
    }

    /// <summary>A model's name: <c>owner/name</c> with what follows the snapshot for something in the Hugging Face cache, else the last part of the
    /// path.</summary>
    internal static string NameOf(string path)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        var parts = full.Split(Path.DirectorySeparatorChar);
        for (var i = parts.Length - 1; i >= 2; i--)
            if (parts[i - 1] == "snapshots" && parts[i - 2].StartsWith(Prefix, StringComparison.Ordinal))
                return string.Join('/', [.. parts[i - 2][Prefix.Length..].Split("--"), .. parts[(i + 1)..]]);
        return parts[^1].Length > 0 ? parts[^1] : full;
    }

    private static string Snapshots(string repository) => Path.Combine(repository, "snapshots");
}
