namespace StyleProtect.Hub;

/// <summary>How far a download is.</summary>
/// <param name="File">The file that was last worked on, by its path in the repository.</param>
/// <param name="Bytes">Bytes that are safe on disk, those of earlier downloads included.</param>
/// <param name="TotalBytes">Bytes in all.</param>
/// <param name="Files">Files that are complete and verified.</param>
/// <param name="TotalFiles">Files in all.</param>
/// <param name="BytesPerSecond">Mean speed of this download; 0 at its beginning.</param>
public sealed record ModelPullProgress(string File, long Bytes, long TotalBytes, int Files, int TotalFiles, double BytesPerSecond)
{
    /// <summary>Whether another process downloads the file and this one waits for it.</summary>
    public bool IsWaiting { get; init; }

    /// <summary>Estimated time left; null while the speed is not known.</summary>
    public TimeSpan? Remaining => BytesPerSecond > 0 ? TimeSpan.FromSeconds(Math.Min((TotalBytes - Bytes) / BytesPerSecond, 1e7)) : null;
}
