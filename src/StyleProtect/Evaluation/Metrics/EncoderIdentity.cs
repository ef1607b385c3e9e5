using System.Runtime.InteropServices;
using System.Security.Cryptography;
using StyleProtect.Artworks;
using StyleProtect.Perception;

namespace StyleProtect.Evaluation.Metrics;

/// <summary>Tells encoders apart that have one name and different weights: by what they say of one picture.</summary>
internal static class EncoderIdentity
{
    private const int Side = 64;

    internal static string Of(IImageEncoder encoder)
    {
        var probe = new byte[3 * Side * Side];
        for (var i = 0; i < probe.Length; i++) probe[i] = (byte)(i * 37 % 251);
        var features = encoder.Features([Artwork.FromRgb24(probe, Side, Side)]);
        return $"{encoder.Name} {Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(features.AsSpan())))[..16]}";
    }
}
