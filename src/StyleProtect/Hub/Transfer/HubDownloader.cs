using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Hub.Cache;

namespace StyleProtect.Hub.Transfer;

/// <summary>Downloads the chosen files of a commit into the cache, several at a time.</summary>
internal sealed class HubDownloader(HubClient client, HubCache cache, TransferSettings settings)
{
    // Configurations and vocabularies; what is larger is no such file.
    private const long MaxTextBytes = 64L << 20;

    /// <summary>Checks what the hub says about the chosen files, and asks for what it left out.</summary>
    /// <exception cref="ModelStoreException">A name is not a plain path, two names differ in case alone, or a size is not credible.</exception>
    internal async Task<IReadOnlyList<WantedFile>> WantAsync(RepositoryName repository, string commit, IReadOnlyList<HubFile> files,
        CancellationToken cancellationToken)
    {
        var seen = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var file in files)
        {
            if (!SafeName.IsRelativePath(file.Name))
                throw new ModelStoreException($"'{repository.Id}' lists a file '{SafetensorsHeader.Shown(file.Name)}', which is not a plain relative path. " +
                    "Nothing was downloaded.");
            if (!seen.TryAdd(file.Name, file.Name))
                throw new ModelStoreException($"'{repository.Id}' lists '{seen[file.Name]}' and '{file.Name}', which are one file on many disks. Nothing was " +
                    "downloaded.");
        }

        var wanted = new List<WantedFile>(files.Count);
        foreach (var listed in files)
        {
            var file = listed is { Etag: not null, Size: not null } ? listed
                : await client.GetMetadataAsync(repository, commit, listed, cancellationToken).ConfigureAwait(false);
            if (file.Size is not { } size)
                throw new ModelStoreException($"{client.Endpoint.Authority} gives no size for '{file.Name}' of '{repository.Id}'. If HF_ENDPOINT names a " +
                    "mirror, use another one.");
            if (size > MaxTextBytes && !file.Name.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase))
                throw new ModelStoreException($"'{file.Name}' of '{repository.Id}' is said to have {size} bytes; that is not credible. Nothing was " +
                    "downloaded.");
            wanted.Add(new WantedFile(file.Name, size, file.Etag!));
        }

        // The list gave the sizes; a sum that overflows is a lie.
        if (wanted.Aggregate(0UL, (sum, f) => sum + (ulong)f.Size) > long.MaxValue)
            throw new ModelStoreException($"The files of '{repository.Id}' are said to have more bytes than a disk can hold. Nothing was downloaded.");
        return wanted;
    }

    /// <summary>Downloads files.</summary>
    /// <returns>Bytes that came over the network.</returns>
    internal async Task<long> DownloadAsync(RepositoryName repository, string commit, IReadOnlyList<WantedFile> files, IProgress<ModelPullProgress>? progress,
        CancellationToken cancellationToken)
    {
        cache.CreateFolder(repository, Path.Combine(cache.FolderOf(repository), "blobs"));
        var snapshot = new SnapshotFolder(cache, repository, commit, settings.TryLink);
        CheckRoom(repository, snapshot, files);
        var meter = new TransferMeter(files.Sum(f => f.Size), files.Count, progress, settings.Time);
        using var connections = new SemaphoreSlim(settings.Connections);
        // Small files first: a folder that is stopped in the middle then says what it is.
        var blobs = files.GroupBy(f => f.Etag, StringComparer.Ordinal).OrderBy(g => g.First().Size).ToArray();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        ModelStoreException? failure = null;
        try
        {
            await Parallel.ForEachAsync(blobs, new ParallelOptions { MaxDegreeOfParallelism = settings.FilesAtATime, CancellationToken = stop.Token },
                async (blob, token) =>
                {
                    try
                    {
                        await DownloadAsync(repository, snapshot, [.. blob], meter, connections, commit, token).ConfigureAwait(false);
                    }
                    catch (ModelStoreException e)
                    {
                        // The first reason counts; the others stop at once.
                        Interlocked.CompareExchange(ref failure, e, null);
                        await stop.CancelAsync().ConfigureAwait(false);
                    }
                }).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (failure is not null && !cancellationToken.IsCancellationRequested)
        {
            // Told below.
        }

        if (failure is not null)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw failure;
        }

        return meter.Downloaded;
    }

    /// <summary>Files with one content.</summary>
    private async Task DownloadAsync(RepositoryName repository, SnapshotFolder snapshot, WantedFile[] files, TransferMeter meter, SemaphoreSlim connections,
        string commit, CancellationToken cancellationToken)
    {
        var first = files[0];
        if (!Array.TrueForAll(files, f => snapshot.Has(f.Name, f.Size, f.Etag)))
        {
            var held = await BlobLock.AcquireAsync(cache.LockOf(repository, first.Etag), () => meter.Waits(first.Name), cancellationToken)
                .ConfigureAwait(false);
            using (held)
            {
                var blob = cache.BlobOf(repository, first.Etag);
                var isHere = Has(blob, first.Size);
                if (isHere) meter.Found(first.Name, first.Size);
                else
                    await new BlobDownload(client, client.Locate(repository, commit, first), settings, connections, meter)
                        .RunAsync(blob + ".incomplete", blob, cancellationToken).ConfigureAwait(false);
                for (var i = 0; i < files.Length; i++)
                {
                    if (snapshot.Has(files[i].Name, files[i].Size, files[i].Etag)) continue;
                    snapshot.Place(files[i].Name, blob, keepBlob: isHere || i < files.Length - 1);
                }
            }
        }
        else
        {
            meter.Found(first.Name, first.Size);
        }

        foreach (var other in files.Skip(1)) meter.Found(other.Name, other.Size);
        foreach (var file in files) meter.Finished(file.Name);
    }

    /// <summary>Whether a blob is complete. One with another size than its hash stands for is none, nor is a link.</summary>
    private static bool Has(string blob, long size)
    {
        var file = new FileInfo(blob);
        if (file is { Exists: true, LinkTarget: null } && file.Length == size) return true;
        file.Delete();
        return false;
    }

    private void CheckRoom(RepositoryName repository, SnapshotFolder snapshot, IReadOnlyList<WantedFile> files)
    {
        var needed = files.DistinctBy(f => f.Etag, StringComparer.Ordinal).Where(f => !snapshot.Has(f.Name, f.Size, f.Etag)).Sum(f =>
        {
            var blob = cache.BlobOf(repository, f.Etag);
            return RealFile.LengthOrNull(blob) == f.Size ? 0 : f.Size - Math.Min(f.Size, RealFile.LengthOrNull(blob + ".incomplete") ?? 0);
        });
        if (needed == 0 || settings.FreeBytes(cache.Root) is not { } free || free >= needed + settings.SpareBytes) return;
        throw new ModelStoreException($"'{repository.Id}' needs {Amount(needed)} more on the disk of '{cache.Root}', where {Amount(free)} are free. Free " +
            "some room, choose fewer parts (--parts vae, --variant fp16), or set HF_HUB_CACHE to a folder on another disk.");
    }

    private static string Amount(long bytes) => bytes >= 1L << 30 ? FormattableString.Invariant($"{bytes / (double)(1L << 30):0.0} GiB")
        : FormattableString.Invariant($"{bytes / (double)(1L << 20):0.0} MiB");
}
