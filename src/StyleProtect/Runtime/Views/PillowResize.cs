using StyleProtect.Artworks;

namespace StyleProtect.Runtime.Views;

/// <summary>
/// Resizing of 8-bit pictures as Pillow does it: along the width, rounded to 8 bits, then along the height, rounded again; equal to Pillow's in every sample.
/// </summary>
internal static class PillowResize
{
    /// <summary>32 bits less 8 of the samples and 2 for filters whose weights go beyond 0 and 1.</summary>
    private const int FractionBits = 22;

    /// <summary>The picture squashed to a square, as the official script prepares its input: 8 bits, no alpha, no metadata.</summary>
    internal static Artwork Squash(Artwork artwork, int side)
    {
        var planar = artwork.ToPlanarRgb();
        var rgb = new byte[3 * side * side];
        for (var channel = 0; channel < 3; channel++)
        {
            var plane = planar.AsSpan(channel * artwork.Width * artwork.Height, artwork.Width * artwork.Height);
            var small = Resize(plane, artwork.Width, artwork.Height, side, side, ResamplingFilter.Bicubic);
            for (var i = 0; i < small.Length; i++) rgb[3 * i + channel] = (byte)small[i];
        }

        return Artwork.FromRgb24(rgb, side, side);
    }

    /// <summary>Resizes one channel of values from 0 to 255, which are rounded to whole numbers first.</summary>
    internal static float[] Resize(ReadOnlySpan<float> plane, int width, int height, int newWidth, int newHeight, ResamplingFilter filter)
    {
        var horizontal = width == newWidth ? plane.ToArray() : Lines(plane, width, height, newWidth, filter);
        if (height == newHeight) return horizontal;
        var turned = Lines(Transposed(horizontal, newWidth, height), height, newWidth, newHeight, filter);
        return Transposed(turned, newHeight, newWidth);
    }

    /// <summary>Resizes every line. Pillow's arithmetic on 8-bit pictures: weights as whole multiples of 2⁻²², sums in whole numbers.</summary>
    private static float[] Lines(ReadOnlySpan<float> plane, int width, int height, int newWidth, ResamplingFilter filter)
    {
        var rows = Resampling.Rows(width, newWidth, 0, width, filter).ConvertAll(r => (r.First, Weights: Array.ConvertAll(r.Weights, Fixed)));
        var samples = new int[width];
        var result = new float[newWidth * height];
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++) samples[x] = (int)(plane[y * width + x] + 0.5f); // a 16-bit sample lies between two
            for (var x = 0; x < newWidth; x++)
            {
                var (first, weights) = rows[x];
                var sum = 1 << (FractionBits - 1);
                for (var i = 0; i < weights.Length; i++) sum += samples[first + i] * weights[i];
                result[y * newWidth + x] = Math.Clamp(sum >> FractionBits, 0, 255);
            }
        }

        return result;
    }

    private static int Fixed(double weight) => (int)(weight * (1 << FractionBits) + (weight < 0 ? -0.5 : 0.5));

    private static float[] Transposed(ReadOnlySpan<float> plane, int width, int height)
    {
        var result = new float[plane.Length];
        for (var y = 0; y < height; y++)
            for (var x = 0; x < width; x++) result[x * height + y] = plane[y * width + x];
        return result;
    }
}
