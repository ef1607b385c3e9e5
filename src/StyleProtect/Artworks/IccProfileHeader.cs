using System.Text;

namespace StyleProtect.Artworks;

/// <summary>What an ICC profile's header says of its data colour space (bytes 16 to 19).</summary>
internal static class IccProfileHeader
{
    /// <summary>"RGB", "GRAY", "CMYK", …, or null when the bytes are no profile.</summary>
    public static string? ColourSpace(ReadOnlySpan<byte> profile) =>
        profile.Length >= 128 && profile[36..].StartsWith("acsp"u8) ? Encoding.ASCII.GetString(profile.Slice(16, 4)).TrimEnd() : null;
}
