namespace StyleProtect.Cli.Protecting;

/// <summary>Whether two paths mean the same file, through symbolic links too.</summary>
internal static class PathIdentity
{
    /// <summary>How names are compared: like the strictest common file system, so that outputs stay apart on every one.</summary>
    internal static StringComparer NameComparer => StringComparer.OrdinalIgnoreCase;

    private static StringComparison PathComparison =>
        OperatingSystem.IsLinux() ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase;

    /// <summary>The absolute path with every symbolic link resolved; parts that do not exist stay as they are.</summary>
    internal static string Resolve(string path)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (Path.GetDirectoryName(full) is not { } parent) return full;
        var candidate = Path.Combine(Resolve(parent), Path.GetFileName(full));
        FileSystemInfo info = Directory.Exists(candidate) ? new DirectoryInfo(candidate) : new FileInfo(candidate);
        return info.LinkTarget is null ? candidate : info.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? candidate;
    }

    /// <summary>Whether two resolved paths are one.</summary>
    internal static bool Same(string resolvedA, string resolvedB) => string.Equals(resolvedA, resolvedB, PathComparison);
}
