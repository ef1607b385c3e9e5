namespace StyleProtect.Hub.Cache;

/// <summary>Hashes as names: commits and git objects have 40 hexadecimal digits, SHA-256 has 64. They come from a server and become names of files.</summary>
internal static class HexName
{
    internal static bool IsCommit(string? text) => text is { Length: 40 } && IsHex(text);

    internal static bool IsSha256(string? text) => text is { Length: 64 } && IsHex(text);

    private static bool IsHex(string text) => text.All(c => c is (>= '0' and <= '9') or (>= 'a' and <= 'f'));
}
