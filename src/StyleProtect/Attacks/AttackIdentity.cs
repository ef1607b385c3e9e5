using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using StyleProtect.Artworks;

namespace StyleProtect.Attacks;

/// <summary>A hash of everything that a result depends on, so that what was kept is only taken over by its own attack.</summary>
internal static class AttackIdentity
{
    /// <param name="pictures">The pictures learned from.</param>
    /// <param name="settings">The rest, as JSON shows it.</param>
    internal static string Of(IReadOnlyList<Artwork> pictures, object settings)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var picture in pictures)
        {
            hash.AppendData(MemoryMarshal.AsBytes(picture.Rgb));
            hash.AppendData(MemoryMarshal.AsBytes(picture.Alpha));
        }

        hash.AppendData(
            JsonSerializer.SerializeToUtf8Bytes(new { sizes = pictures.Select(p => new[] { p.Width, p.Height, p.BitDepth, p.Alpha.Length }), settings }));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
