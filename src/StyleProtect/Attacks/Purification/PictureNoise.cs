using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using StyleProtect.Artworks;

namespace StyleProtect.Attacks.Purification;

/// <summary>
/// Noise whose seed is a digest of the picture's samples: the same picture always gets the same noise, whatever was purified before it, and no two
/// pictures share theirs (a mimic that sees one pattern on every picture would learn the pattern).
/// </summary>
internal static class PictureNoise
{
    /// <summary>The seed that belongs to a picture: samples in another shape are another picture.</summary>
    internal static ulong Seed(Artwork artwork) =>
        BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(MemoryMarshal.AsBytes(artwork.Rgb))) ^ (ulong)artwork.Width;

    /// <summary>The picture with Gaussian noise.</summary>
    /// <param name="sigma">Standard deviation as a share of the samples' range.</param>
    internal static Artwork Add(Artwork artwork, double sigma)
    {
        var planar = artwork.ToPlanarRgb();
        var random = new Random((int)Seed(artwork));
        for (var i = 0; i < planar.Length; i += 2)
        {
            var radius = 255 * sigma * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
            var angle = 2 * Math.PI * random.NextDouble();
            planar[i] += (float)(radius * Math.Cos(angle));
            if (i + 1 < planar.Length) planar[i + 1] += (float)(radius * Math.Sin(angle));
        }

        return artwork.WithPlanarRgb(planar);
    }
}
