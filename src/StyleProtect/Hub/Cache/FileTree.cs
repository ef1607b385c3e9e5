namespace StyleProtect.Hub.Cache;

/// <summary>The files below a folder. Folders behind links are not entered: they may lead anywhere, and in circles.</summary>
internal static class FileTree
{
    /// <summary>Paths relative to the folder, with slashes, in order; links to files are among them.</summary>
    internal static IReadOnlyList<string> Files(string folder) => !Directory.Exists(folder) ? [] :
        [.. Walk(new DirectoryInfo(folder)).Select(f => Path.GetRelativePath(folder, f.FullName).Replace('\\', '/')).Order(StringComparer.Ordinal)];

    /// <summary>Bytes below a folder. Links count nothing: what they lead to is counted where it lies.</summary>
    internal static long Size(string folder) => !Directory.Exists(folder) ? 0 : Walk(new DirectoryInfo(folder)).Where(f => f.LinkTarget is null)
        .Sum(f => f.Length);

    private static IEnumerable<FileInfo> Walk(DirectoryInfo folder)
    {
        foreach (var file in folder.EnumerateFiles()) yield return file;
        foreach (var below in folder.EnumerateDirectories().Where(d => d.LinkTarget is null))
            foreach (var file in Walk(below)) yield return file;
    }
}
