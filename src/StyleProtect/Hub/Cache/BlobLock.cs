namespace StyleProtect.Hub.Cache;

/// <summary>
/// The lock that keeps two processes from downloading one file. It is what huggingface_hub's file lock is: on Unix <c>flock</c> on the lock file, which .NET
/// takes for a file that is shared with nobody; on Windows an open file that nobody else can open.
/// </summary>
internal static class BlobLock
{
    private const int WouldBlockLinux = 11, WouldBlockMac = 35, SharingViolation = 32, LockViolation = 33;
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Waits until the lock is free and takes it.</summary>
    /// <param name="file">The lock file; made where it is missing.</param>
    /// <param name="waiting">Called once if somebody else holds it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    internal static async Task<IDisposable> AcquireAsync(string file, Action waiting, CancellationToken cancellationToken)
    {
        for (var isFirst = true; ; isFirst = false)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (TryAcquire(file) is { } held) return held;
            if (isFirst) waiting();
            await Task.Delay(s_pause, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Takes the lock if it is free; null where somebody else holds it.</summary>
    internal static IDisposable? TryAcquire(string file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 0 };
        // Several users of one cache must be able to wait for each other.
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead;
        try
        {
            return new FileStream(file, options);
        }
        catch (IOException e) when ((e.HResult & 0xFFFF) is WouldBlockLinux or WouldBlockMac or SharingViolation or LockViolation)
        {
            return null;
        }
    }
}
