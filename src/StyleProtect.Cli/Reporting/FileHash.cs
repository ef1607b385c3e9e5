using System.Security.Cryptography;

namespace StyleProtect.Cli.Reporting;

/// <summary>SHA-256 of files.</summary>
internal static class FileHash
{
    /// <summary>Lower-case hexadecimal SHA-256 of a file.</summary>
    internal static string Of(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
