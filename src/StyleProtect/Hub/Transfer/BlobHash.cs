using System.Security.Cryptography;
using System.Text;
using StyleProtect.Hub.Cache;

namespace StyleProtect.Hub.Transfer;

/// <summary>The hash that is a blob's name: SHA-256 of the content for large files (LFS), git's name of the object (SHA-1 with a header) for others.</summary>
internal sealed class BlobHash : IDisposable
{
    private readonly IncrementalHash _hash;

    private BlobHash(IncrementalHash hash) => _hash = hash;

    /// <summary>Begins a hash of the kind that the expected one is.</summary>
    internal static BlobHash For(string etag, long size)
    {
        if (HexName.IsSha256(etag)) return new BlobHash(IncrementalHash.CreateHash(HashAlgorithmName.SHA256));
        // SHA-1 is what git names its objects by; nothing else is to be had from the hub for small files.
        var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        hash.AppendData(Encoding.ASCII.GetBytes($"blob {size}\0"));
        return new BlobHash(hash);
    }

    /// <summary>The hash of a file, of the kind that the expected one is.</summary>
    internal static async Task<string> OfFileAsync(string path, string etag, Action<int> read, CancellationToken cancellationToken)
    {
        var stream = new FileStream(path, new FileStreamOptions
        {
            Access = FileAccess.Read,
            Share = FileShare.Read,
            Options = FileOptions.SequentialScan | FileOptions.Asynchronous,
            BufferSize = 0,
        });
        await using (stream.ConfigureAwait(false))
        {
            using var hash = For(etag, stream.Length);
            await hash.AppendAsync(stream, read, cancellationToken).ConfigureAwait(false);
            return hash.Finish();
        }
    }

    internal void Append(ReadOnlySpan<byte> bytes) => _hash.AppendData(bytes);

    /// <summary>Appends the rest of a stream.</summary>
    internal async Task AppendAsync(Stream stream, Action<int> read, CancellationToken cancellationToken)
    {
        var block = new byte[1 << 20];
        for (int bytes; (bytes = await stream.ReadAsync(block, cancellationToken).ConfigureAwait(false)) > 0;)
        {
            _hash.AppendData(block, 0, bytes);
            read(bytes);
        }
    }

    /// <summary>The hash in lower case.</summary>
    internal string Finish() => Convert.ToHexStringLower(_hash.GetHashAndReset());

    public void Dispose() => _hash.Dispose();
}
