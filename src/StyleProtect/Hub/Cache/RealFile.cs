namespace StyleProtect.Hub.Cache;

/// <summary>Files behind symbolic links: the length of a link is not that of its target.</summary>
internal static class RealFile
{
    /// <summary>The file itself, or the one that a link leads to.</summary>
    internal static FileInfo Of(string path)
    {
        var file = new FileInfo(path);
        return file.LinkTarget is null ? file : file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
    }

    /// <summary>Its length; null where there is no such file.</summary>
    internal static long? LengthOrNull(string path)
    {
        try
        {
            return Of(path) is { Exists: true } file ? file.Length : null;
        }
        catch (IOException)
        {
            return null; // links in a circle
        }
    }
}
