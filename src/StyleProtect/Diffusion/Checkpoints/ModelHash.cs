using System.Security.Cryptography;

namespace StyleProtect.Diffusion.Checkpoints;

/// <summary>Identity of a model: SHA-256 over the bytes of its weights files, in the order of their paths, as <c>cat … | sha256sum</c> gives.</summary>
internal static class ModelHash
{
    /// <summary>Computes the hash.</summary>
    /// <param name="files">The weights files.</param>
    /// <param name="cancellationToken">Stops between blocks.</param>
    /// <returns>64 hexadecimal digits, lower case.</returns>
    internal static string Of(IEnumerable<string> files, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(files);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var block = new byte[1 << 20];
        foreach (var file in files.Order(StringComparer.Ordinal))
        {
            using var stream = new FileStream(
                file, new FileStreamOptions { Access = FileAccess.Read, Share = FileShare.Read, Options = FileOptions.SequentialScan, BufferSize = 0 });
            for (int read; (read = stream.Read(block)) > 0;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                hash.AppendData(block, 0, read);
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
