using StyleProtect.Hub.Cache;

namespace StyleProtect.Hub.Transfer;

/// <summary>How downloads work: how much at a time, how patient, and what they ask of the system.</summary>
internal sealed record TransferSettings
{
    /// <summary>Bytes of a large file that one request fetches.</summary>
    internal int SegmentBytes { get; init; } = 8 << 20;

    /// <summary>Requests at a time for one file. What is ahead of the file's end waits in memory, at most this many segments.</summary>
    internal int SegmentsPerFile { get; init; } = 4;

    internal int FilesAtATime { get; init; } = 4;

    /// <summary>Requests at a time in all.</summary>
    internal int Connections { get; init; } = 8;

    /// <summary>Further attempts of a request that was refused for a while (429, 5xx) or did not come through.</summary>
    internal int RequestRetries { get; init; } = 4;

    /// <summary>Failures in a row, without a byte between them, after which a broken connection is given up.</summary>
    internal int BrokenInARow { get; init; } = 5;

    /// <summary>The first pause between two attempts; each further one is twice as long.</summary>
    internal TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    internal TimeSpan LongestDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest pause that a server may ask for (Retry-After); one that is longer is told to the user.</summary>
    internal TimeSpan LongestAskedDelay { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long a server may take to begin its answer.</summary>
    internal TimeSpan ResponseTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a connection may be silent before it counts as broken.</summary>
    internal TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Bytes that stay free on the disk.</summary>
    internal long SpareBytes { get; init; } = 64L << 20;

    internal TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Free bytes of the disk that a folder lies on; null where that is not known.</summary>
    internal Func<string, long?> FreeBytes { get; init; } = DiskSpace.FreeAt;

    /// <summary>Opens a partial file for reading and writing; nobody else may have it open.</summary>
    internal Func<string, FileStream> OpenPartial { get; init; } = path => new FileStream(path,
        new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            BufferSize = 0,
            Options = FileOptions.Asynchronous,
        });

    /// <summary>Makes a symbolic link (path, target); false where that is not possible.</summary>
    internal Func<string, string, bool> TryLink { get; init; } = SnapshotFolder.TryLink;
}
