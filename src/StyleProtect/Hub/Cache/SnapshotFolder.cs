namespace StyleProtect.Hub.Cache;

/// <summary>The folder of a commit, as it is filled: a relative link for each file, or the file itself where links cannot be made (Windows without the
/// right).</summary>
/// <param name="cache">The cache.</param>
/// <param name="repository">The repository.</param>
/// <param name="commit">The commit.</param>
/// <param name="tryLink">Makes a symbolic link (path, target); false where that is not possible here.</param>
internal sealed class SnapshotFolder(HubCache cache, RepositoryName repository, string commit, Func<string, string, bool> tryLink)
{
    internal string Root { get; } = cache.SnapshotOf(repository, commit);

    /// <summary>Makes a symbolic link unless the system or its rights are against it.</summary>
    internal static bool TryLink(string path, string target)
    {
        try
        {
            File.CreateSymbolicLink(path, target);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            return false;
        }
    }

    internal string PathOf(string file) => SafeName.Below(Root, file, "The file name");

    /// <summary>Whether a file is there with its size, as itself or as a link to its blob. A link that leads elsewhere does not count.</summary>
    internal bool Has(string file, long bytes, string etag)
    {
        var path = PathOf(file);
        return RealFile.LengthOrNull(path) == bytes && (new FileInfo(path).LinkTarget is null || IsBlob(RealFile.Of(path), etag));
    }

    private static bool IsBlob(FileInfo target, string etag) => target.Name == etag && target.Directory?.Name == "blobs";

    /// <summary>Puts a blob's content in its place.</summary>
    /// <param name="file">Path in the repository.</param>
    /// <param name="blob">The blob.</param>
    /// <param name="keepBlob">Whether other files need the blob, too; else it may be moved.</param>
    internal void Place(string file, string blob, bool keepBlob)
    {
        var path = PathOf(file);
        var folder = Path.GetDirectoryName(path)!;
        cache.CreateFolder(repository, folder);
        // Under another name first: whoever reads sees the old file or the new one.
        var temporary = Path.Combine(folder, $".{Guid.NewGuid():N}.tmp");
        try
        {
            if (!tryLink(temporary, Path.GetRelativePath(folder, blob)))
            {
                if (keepBlob) File.Copy(blob, temporary);
                else File.Move(blob, temporary);
            }

            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
