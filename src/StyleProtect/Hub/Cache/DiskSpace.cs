namespace StyleProtect.Hub.Cache;

/// <summary>Room on disks.</summary>
internal static class DiskSpace
{
    private const int NoSpaceUnix = 28, QuotaLinux = 122, DiskFull = 112, HandleDiskFull = 39;

    /// <summary>Free bytes where a folder lies, or will lie; null where that is not known.</summary>
    internal static long? FreeAt(string folder)
    {
        try
        {
            var existing = new DirectoryInfo(Path.GetFullPath(folder));
            while (!existing.Exists && existing.Parent is { } parent) existing = parent;
            return new DriveInfo(existing.FullName).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null; // network folders need not tell
        }
    }

    /// <summary>Whether a write failed because the disk is full.</summary>
    internal static bool IsFull(IOException failure) => (failure.HResult & 0xFFFF) is var code
        && (OperatingSystem.IsWindows() ? code is DiskFull or HandleDiskFull : code is NoSpaceUnix or QuotaLinux);
}
