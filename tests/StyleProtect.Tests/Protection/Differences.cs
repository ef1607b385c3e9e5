using StyleProtect.Artworks;

namespace StyleProtect.Tests.Protection;

/// <summary>How far two pictures are apart, from their samples as written.</summary>
internal static class Differences
{
    /// <summary>Largest difference of a sample in 8-bit steps, in exact arithmetic.</summary>
    internal static double Largest(Artwork a, Artwork b)
    {
        var largest = 0;
        for (var i = 0; i < a.Rgb.Length; i++) largest = Math.Max(largest, Math.Abs(a.Rgb[i] - b.Rgb[i]));
        return a.BitDepth == 16 ? largest / 257.0 : largest;
    }

    internal static bool Same(Artwork a, Artwork b) => a.Rgb.SequenceEqual(b.Rgb) && a.Alpha.SequenceEqual(b.Alpha);
}
