using StyleProtect.Hub.Transfer;

namespace StyleProtect.Hub.Cache;

/// <summary>Compares the files of a snapshot with their hashes.</summary>
/// <param name="folder">The snapshot's folder.</param>
/// <param name="ask">Asks the hub for its list of files, where the cache does not know the hashes; null to use no network.</param>
/// <param name="time">For the progress.</param>
internal sealed class SnapshotCheck(string folder, Func<CancellationToken, Task<HubModelInfo>>? ask, TimeProvider time)
{
    private HubModelInfo? _info;

    /// <summary>Looks at all files.</summary>
    internal async Task<IReadOnlyList<VerifiedFile>> RunAsync(IProgress<ModelPullProgress>? progress, CancellationToken cancellationToken)
    {
        var names = FileTree.Files(folder);
        var meter = new TransferMeter(names.Sum(n => RealFile.LengthOrNull(Path.Combine(folder, n)) ?? 0), names.Count, progress, time);
        var files = new List<VerifiedFile>(names.Count);
        foreach (var name in names)
        {
            files.Add(await CheckAsync(name, meter, cancellationToken).ConfigureAwait(false));
            meter.Finished(name);
        }

        return files;
    }

    /// <summary>Deletes a file and the blob behind it.</summary>
    /// <param name="path">The file in the snapshot.</param>
    /// <param name="repository">The repository's folder: nothing outside of it is deleted.</param>
    /// <returns>Whether it was deleted.</returns>
    internal static bool Remove(string path, string repository)
    {
        var target = RealFile.Of(path);
        var isOutside = !target.FullName.StartsWith(Path.GetFullPath(repository) + Path.DirectorySeparatorChar, StringComparison.Ordinal);
        if (isOutside) return false;
        target.Delete();
        File.Delete(path);
        return true;
    }

    private async Task<VerifiedFile> CheckAsync(string name, TransferMeter meter, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, name);
        var isLink = new FileInfo(path).LinkTarget is not null;
        if (RealFile.LengthOrNull(path) is not { } bytes)
            return new VerifiedFile(name, 0, FileState.Missing, "the link leads to a file that is not there");
        var target = RealFile.Of(path);
        string? expected = null;
        if (isLink)
        {
            // In the cache a blob's name is its hash.
            expected = target.Directory?.Name == "blobs" && (HexName.IsSha256(target.Name) || HexName.IsCommit(target.Name)) ? target.Name : null;
            if (expected is null) return new VerifiedFile(name, bytes, FileState.Damaged, $"the link leads to '{target.FullName}', which is no blob of the " +
                "cache");
        }
        else if (ask is not null)
        {
            _info ??= await ask(cancellationToken).ConfigureAwait(false);
            expected = _info.Files.FirstOrDefault(f => f.Name == name)?.Etag;
        }

        if (expected is null) return new VerifiedFile(name, bytes, FileState.Unknown, "there is no hash to compare with");
        var actual = await BlobHash.OfFileAsync(target.FullName, expected, read => meter.Written(name, read), cancellationToken).ConfigureAwait(false);
        return actual == expected ? new VerifiedFile(name, bytes, FileState.Intact, Detail: null)
            : new VerifiedFile(name, bytes, FileState.Damaged, $"its hash is {actual}, {expected} is expected");
    }
}
