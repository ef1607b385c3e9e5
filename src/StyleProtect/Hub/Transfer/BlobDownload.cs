using System.Net;
using StyleProtect.Hub.Cache;

namespace StyleProtect.Hub.Transfer;

/// <summary>
/// Downloads one file into its blob: goes on after the bytes that are there, fetches several ranges at a time, writes them in order, and compares the hash
/// before the file gets its name.
/// </summary>
internal sealed class BlobDownload(HubClient client, FileLocation location, TransferSettings settings, SemaphoreSlim connections, TransferMeter meter)
{
    private WantedFile File => location.File;

    /// <summary>Downloads the file.</summary>
    /// <param name="partial">Where the bytes are collected; what is there is the beginning of the file.</param>
    /// <param name="blob">The file's name when it is complete and verified.</param>
    /// <param name="cancellationToken">Stops at once; the partial file stays.</param>
    internal async Task RunAsync(string partial, string blob, CancellationToken cancellationToken)
    {
        if (new FileInfo(partial).LinkTarget is { } target)
            throw new ModelStoreException($"'{partial}' is a link to '{target}': nothing is written through it. Delete the link, then try again.");
        try
        {
            var stream = settings.OpenPartial(partial);
            await using (stream.ConfigureAwait(false))
            {
                await FillAsync(stream, partial, cancellationToken).ConfigureAwait(false);
                stream.Flush(flushToDisk: true);
            }

            System.IO.File.Move(partial, blob, overwrite: true);
        }
        catch (Exception e) when (HubResilience.IsBroken(e))
        {
            throw HubClient.Unreachable(location.Signed ?? location.Address, e);
        }
    }

    private async Task FillAsync(FileStream stream, string partial, CancellationToken cancellationToken)
    {
        for (var isAgain = false; ; isAgain = true)
        {
            using var hash = BlobHash.For(File.Etag, File.Size);
            if (stream.Length > File.Size) stream.SetLength(0);
            var found = stream.Length;
            stream.Position = 0;
            await hash.AppendAsync(stream, bytes => meter.Found(File.Name, bytes), cancellationToken).ConfigureAwait(false);
            try
            {
                if (found < File.Size) await AppendAsync(stream, hash, found, cancellationToken).ConfigureAwait(false);
            }
            catch (ModelStoreException e) when (e.SpoilsFile)
            {
                Discard(stream, partial);
                throw;
            }

            var actual = hash.Finish();
            if (actual == File.Etag) return;
            meter.Discarded(File.Name, File.Size);
            stream.SetLength(0);
            // The bytes of an earlier download may be the wrong ones. Those that all came now are the server's.
            if (found > 0 && !isAgain) continue;
            Discard(stream, partial);
            throw new ModelStoreException($"'{File.Name}' of '{location.Repository.Id}' has the hash {actual}, but {client.Endpoint.Authority} lists " +
                $"{File.Etag}. The file was discarded. Try again; if it stays so, a proxy or mirror changes files: do not trust this source.");
        }
    }

    private static void Discard(FileStream stream, string partial)
    {
        stream.SetLength(0);
        System.IO.File.Delete(partial);
    }

    private async Task AppendAsync(FileStream stream, BlobHash hash, long from, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = new Queue<BlobSegment>();
        try
        {
            var next = Start(running, from, stop.Token);
            // One request alone, until its answer says whether there are ranges.
            if (!await running.Peek().TakesRanges.Task.WaitAsync(cancellationToken).ConfigureAwait(false)) next = File.Size;
            while (running.Count > 0)
            {
                while (running.Count < settings.SegmentsPerFile && next < File.Size) next = Start(running, next, stop.Token);
                await CopyAsync(running.Peek(), stream, hash, cancellationToken).ConfigureAwait(false);
                await running.Dequeue().Work.ConfigureAwait(false);
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            foreach (var segment in running) await segment.Work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Starts a segment.</summary>
    /// <returns>Where the next one begins.</returns>
    private long Start(Queue<BlobSegment> running, long from, CancellationToken cancellationToken)
    {
        var segment = new BlobSegment(from, Math.Min(File.Size, from + settings.SegmentBytes), settings.SegmentBytes);
        running.Enqueue(segment);
        segment.Work = FetchAsync(segment, cancellationToken);
        return segment.End;
    }

    /// <summary>Writes a segment's bytes as they come.</summary>
    private async Task CopyAsync(BlobSegment segment, FileStream stream, BlobHash hash, CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await segment.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            foreach (var piece in result.Buffer)
            {
                try
                {
                    // Not cancelled in the middle: what is written is counted.
                    await stream.WriteAsync(piece, CancellationToken.None).ConfigureAwait(false);
                }
                catch (IOException e)
                {
                    throw DiskSpace.IsFull(e)
                        ? new ModelStoreException($"The disk of '{stream.Name}' is full; {File.Size - stream.Length} bytes of '{File.Name}' are missing. " +
                            "What was downloaded is kept: free some room and repeat the command, or set HF_HUB_CACHE to a folder on another disk.", e)
                        : new ModelStoreException($"'{stream.Name}' cannot be written: {e.Message} What was downloaded is kept: repeat the command when the " +
                            "disk works.", e);
                }

                hash.Append(piece.Span);
                meter.Written(File.Name, piece.Length);
            }

            segment.Reader.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted) return;
        }
    }

    private async Task FetchAsync(BlobSegment segment, CancellationToken cancellationToken)
    {
        try
        {
            await connections.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                await HubResilience.Bodies(settings, segment).ExecuteAsync(token => ReadAsync(segment, token), cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                connections.Release();
            }
        }
        finally
        {
            // Without the failure: bytes that came before it are written first. The failure itself is the task's.
            await segment.Writer.CompleteAsync().ConfigureAwait(false);
            segment.TakesRanges.TrySetResult(true);
        }
    }

    /// <summary>One request, from where the segment is.</summary>
    private async ValueTask ReadAsync(BlobSegment segment, CancellationToken cancellationToken)
    {
        if (segment.Position >= segment.End) return;
        using var response = await client.GetRangeAsync(location, segment.Position, segment.End, cancellationToken).ConfigureAwait(false);
        var skipped = Examine(response, segment);
        using var stall = new StallTimer(settings, cancellationToken);
        var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (body.ConfigureAwait(false))
        {
            while (segment.Position < segment.End)
            {
                var memory = segment.Writer.GetMemory(1 << 16);
                var read = await stall.ReadAsync(body, memory).ConfigureAwait(false);
                if (read == 0) throw new HttpIOException(HttpRequestError.ResponseEnded, $"The connection ended {segment.End - segment.Position} bytes too " +
                    "early.");
                var leading = (int)Math.Min(skipped, read);
                skipped -= leading;
                var useful = (int)Math.Min(read - leading, segment.End - segment.Position);
                // Bytes after the end of the file: the list of files gave a wrong size.
                if (segment.Position + read - leading > File.Size) throw client.Lied(location, actual: null);
                if (useful == 0) continue;
                if (leading > 0) memory.Slice(leading, useful).CopyTo(memory);
                segment.Writer.Advance(useful);
                segment.Received += useful;
                await segment.Writer.FlushAsync(cancellationToken).ConfigureAwait(false);
            }

            if (segment.End == File.Size && await stall.ReadAsync(body, new byte[1]).ConfigureAwait(false) > 0) throw client.Lied(location, actual: null);
        }
    }

    /// <summary>Looks whether an answer is what was asked for.</summary>
    /// <returns>Bytes to leave out at its beginning.</returns>
    private long Examine(HttpResponseMessage response, BlobSegment segment)
    {
        var headers = response.Content.Headers;
        if (response.StatusCode == HttpStatusCode.OK)
        {
            if (headers.ContentLength is { } length && length != File.Size) throw client.Lied(location, length);
            if (!segment.TakesRanges.Task.IsCompleted) segment.ExtendTo(File.Size);
            segment.TakesRanges.TrySetResult(false);
            return segment.Position;
        }

        if (headers.ContentRange is not { From: { } start } range || start != segment.Position)
            throw new ModelStoreException($"'{File.Name}' of '{location.Repository.Id}': {(location.Signed ?? location.Address).Authority} gave another " +
                "range than the one asked for. Try again; a proxy may be in the way.");
        if (range.Length is { } total && total != File.Size) throw client.Lied(location, total);
        segment.TakesRanges.TrySetResult(true);
        return 0;
    }
}
