using System.Globalization;

namespace StyleProtect.Artworks;

/// <summary>Reading and writing whole files: bounded, atomic, never over the source by accident.</summary>
internal static class PictureFile
{
    public static byte[] Read(string path, ArtworkLimits limits)
    {
        try
        {
            if (Directory.Exists(path)) throw new ArtworkException(path, "this is a folder; name a picture file.", null);
            using var stream = new FileStream(
                path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 1, FileOptions.SequentialScan);
            return Read(stream, path, limits);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ArtworkException(path, "there is no such file.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new ArtworkException(path, $"the file cannot be read ({e.Message}).", e);
        }
    }

    public static byte[] Read(Stream stream, string? path, ArtworkLimits limits)
    {
        if (stream.CanSeek && stream.Length - stream.Position > limits.MaxFileBytes) throw TooLarge(path, stream.Length - stream.Position, limits);
        using var buffer = new MemoryStream(stream.CanSeek ? (int)(stream.Length - stream.Position) : 0);
        var chunk = new byte[128 * 1024];
        int read;
        while ((read = stream.Read(chunk)) > 0)
        {
            if (buffer.Length + read > limits.MaxFileBytes) throw TooLarge(path, null, limits);
            buffer.Write(chunk, 0, read);
        }
        return buffer.Length == buffer.Capacity ? buffer.GetBuffer() : buffer.ToArray();
    }

    /// <summary>Fails when a picture may not be written there; nothing is changed.</summary>
    public static void CheckTarget(string target, string? source, bool overwrite)
    {
        var folder = Path.GetDirectoryName(target)!;
        if (Directory.Exists(target)) throw new ArtworkException(target, "this is a folder; name the file to write.", null);
        if (!Directory.Exists(folder)) throw new ArtworkException(target, $"the folder {folder} does not exist.", null);
        if (overwrite) return;
        if (source is not null && IsSame(target, source))
            throw new ArtworkException(target, "this is the file that the artwork was read from; it is only replaced when overwriting is asked for.", null);
        if (File.Exists(target)) throw new ArtworkException(target, "the file exists already; ask for overwriting or choose another name.", null);
    }

    /// <summary>Writes to a temporary name in the same folder, then renames: the target is either the whole new file or what it was.</summary>
    public static void WriteAtomically(string target, ReadOnlySpan<byte> bytes, bool overwrite)
    {
        var temporary = Path.Combine(Path.GetDirectoryName(target)!, $".styleprotect-{Guid.NewGuid():N}.part");
        var created = false;
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1))
            {
                created = true;
                stream.Write(bytes);
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, target, overwrite);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            if (created) TryDelete(temporary);
            throw new ArtworkException(target, $"the file cannot be written ({e.Message}).", e);
        }
    }

    /// <summary>Whether two names mean one file, also through symbolic links and relative parts.</summary>
    public static bool IsSame(string first, string second) => string.Equals(
        RealPath(first), RealPath(second), OperatingSystem.IsLinux() ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase);

    /// <summary>The full path with every symbolic link followed, that of folders too; parts that do not exist stay as they are.</summary>
    private static string RealPath(string path)
    {
        var full = Path.GetFullPath(path);
        var root = Path.GetPathRoot(full)!;
        var real = root;
        foreach (var part in full[root.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            real = Path.Combine(real, part);
            try
            {
                if (new FileInfo(real).ResolveLinkTarget(returnFinalTarget: true) is { } target) real = RealPath(target.FullName);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A broken or cyclic link, or a folder that may not be seen: its own name is all there is to compare.
                continue;
            }
        }
        return real;
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The first error is the one worth telling.
            return;
        }
    }

    private static ArtworkException TooLarge(string? path, long? bytes, ArtworkLimits limits) => new(
        path,
        string.Create(
            CultureInfo.InvariantCulture,
            $"the file is larger ({(bytes is { } b ? $"{b:N0} bytes" : "still more to read")}) than the limit of {limits.MaxFileBytes:N0} bytes " +
            $"(ArtworkLimits.MaxFileBytes)."),
        null);
}
