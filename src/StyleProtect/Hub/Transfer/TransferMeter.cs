namespace StyleProtect.Hub.Transfer;

/// <summary>Counts what several downloads do at a time and reports it, not more often than ten times a second.</summary>
internal sealed class TransferMeter(long totalBytes, int totalFiles, IProgress<ModelPullProgress>? progress, TimeProvider time)
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);
    private readonly Lock _lock = new();
    private readonly long _start = time.GetTimestamp();
    private long _reported = time.GetTimestamp() - time.TimestampFrequency;
    private long _bytes;
    private int _files;

    /// <summary>Bytes that came over the network.</summary>
    internal long Downloaded { get; private set; }

    /// <summary>Bytes that are on disk already.</summary>
    internal void Found(string file, long bytes) => Report(file, bytes, 0, 0);

    /// <summary>Bytes that were downloaded and written.</summary>
    internal void Written(string file, long bytes) => Report(file, bytes, bytes, 0);

    /// <summary>Bytes that were found or written turned out wrong.</summary>
    internal void Discarded(string file, long bytes) => Report(file, -bytes, 0, 0);

    /// <summary>Another process downloads a file.</summary>
    internal void Waits(string file)
    {
        lock (_lock) progress?.Report(new ModelPullProgress(file, _bytes, totalBytes, _files, totalFiles, 0) { IsWaiting = true });
    }

    /// <summary>A file is complete.</summary>
    internal void Finished(string file) => Report(file, 0, 0, 1);

    // Within the lock, so that reports come one after another, whatever thread they come from.
    private void Report(string file, long bytes, long downloaded, int files)
    {
        lock (_lock)
        {
            _bytes += bytes;
            Downloaded += downloaded;
            _files += files;
            if (files == 0 && time.GetElapsedTime(_reported) < s_pause) return;
            _reported = time.GetTimestamp();
            var seconds = time.GetElapsedTime(_start).TotalSeconds;
            progress?.Report(new ModelPullProgress(file, _bytes, totalBytes, _files, totalFiles, seconds > 0.2 ? Downloaded / seconds : 0));
        }
    }
}
