using System.IO.Pipelines;

namespace StyleProtect.Hub.Transfer;

/// <summary>
/// A range of a file that one request fetches. Its bytes wait in memory until those before it are written: the partial file on disk never has a hole, so that
/// whoever finds it (huggingface_hub, too) can go on at its end.
/// </summary>
internal sealed class BlobSegment
{
    private readonly Pipe _pipe;
    private long _receivedAtFailure;

    /// <param name="start">Offset of the first byte.</param>
    /// <param name="end">Offset after the last byte.</param>
    /// <param name="buffer">Bytes that may wait in memory.</param>
    internal BlobSegment(long start, long end, int buffer)
    {
        (Start, End) = (start, end);
        _pipe = new Pipe(new PipeOptions(pauseWriterThreshold: buffer + 1L, resumeWriterThreshold: Math.Max(1, buffer / 2), minimumSegmentSize: 1 << 16,
            useSynchronizationContext: false));
    }

    internal long Start { get; }

    internal long End { get; private set; }

    internal long Received { get; set; }

    internal long Position => Start + Received;

    internal PipeReader Reader => _pipe.Reader;

    internal PipeWriter Writer => _pipe.Writer;

    /// <summary>Whether the server gives ranges; known with its first answer.</summary>
    internal TaskCompletionSource<bool> TakesRanges { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The request, with its repetitions.</summary>
    internal Task Work { get; set; } = Task.CompletedTask;

    /// <summary>Failures since the last byte came.</summary>
    internal int FailuresInARow { get; private set; }

    /// <summary>The server gives no ranges: this segment takes the whole rest.</summary>
    internal void ExtendTo(long end) => End = end;

    /// <summary>Notes a failure.</summary>
    /// <returns>Failures in a row.</returns>
    internal int CountFailure()
    {
        FailuresInARow = Received > _receivedAtFailure ? 1 : FailuresInARow + 1;
        _receivedAtFailure = Received;
        return FailuresInARow;
    }
}
