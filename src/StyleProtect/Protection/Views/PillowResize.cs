using StyleProtect.Artworks;

namespace StyleProtect.Protection.Views;

/// <summary>Resizing of 8-bit pictures as Pillow does it: along the width, rounded to 8 bits, then along the height, rounded again.</summary>
internal static class PillowResize
{
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

    /// <summary>Resizes one channel of whole numbers from 0 to 255.</summary>
    internal static float[] Resize(ReadOnlySpan<float> plane, int width, int height, int newWidth, int newHeight, ResamplingFilter filter)
    {
        var horizontal = width == newWidth ? plane.ToArray() : Rows(plane, width, height, Resampling.Weights(width, newWidth, 0, width, filter), newWidth);
        if (height == newHeight) return horizontal;
        var turned = Rows(Transposed(horizontal, newWidth, height), height, newWidth, Resampling.Weights(height, newHeight, 0, height, filter), newHeight);
        return Transposed(turned, newHeight, newWidth);
    }

    private static float[] Rows(ReadOnlySpan<float> plane, int width, int height, double[] matrix, int newWidth)
    {
        var result = new float[newWidth * height];
        // Pillow's fixed-point weights of 22 bits, so that ties round as they do there.
        var weights = Array.ConvertAll(matrix, w => (long)Math.Round(w * (1 << 22), MidpointRounding.AwayFromZero));
        for (var y = 0; y < height; y++)
        {
            var row = plane.Slice(y * width, width);
            for (var x = 0; x < newWidth; x++)
            {
                var sum = 1L << 21;
                for (var i = 0; i < width; i++) sum += weights[x * width + i] * (long)row[i];
                result[y * newWidth + x] = Math.Clamp(sum >> 22, 0, 255);
            }
        }

        return result;
    }

    private static float[] Transposed(ReadOnlySpan<float> plane, int width, int height)
    {
        var result = new float[plane.Length];
        for (var y = 0; y < height; y++)
            for (var x = 0; x < width; x++) result[x * height + y] = plane[y * width + x];
        return result;
    }
}
