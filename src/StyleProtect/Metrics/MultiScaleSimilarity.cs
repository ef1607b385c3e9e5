namespace StyleProtect.Metrics;

/// <summary>
/// Multi-scale structural similarity (Wang, Simoncelli and Bovik 2003): contrast and structure on five scales, each half as large as the one before (means of 2
/// × 2
/// pixels, an odd last row or column left out), luminance on the last; 11 × 11 Gaussian windows, σ = 1.5; weights 0.0448, 0.2856, 0.3001, 0.2363, 0.1333. A
/// negative
/// factor counts as 0. Channels are computed apart and averaged.
/// </summary>
public static class MultiScaleSimilarity
{
    private static readonly double[] s_weights = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333];

    /// <summary>Shortest side that five scales fit into.</summary>
    public const int SmallestSide = 176;

    /// <summary>MS-SSIM of two pictures.</summary>
    /// <param name="a">[C, height, width], planar; any number of channels, 0 to dataRange.</param>
    /// <param name="b">The other picture, same shape.</param>
    /// <param name="width">Width in pixels, at least <see cref="SmallestSide"/>.</param>
    /// <param name="height">Height in pixels, at least <see cref="SmallestSide"/>.</param>
    /// <param name="dataRange">The range of the samples; 255 by default.</param>
    /// <returns>From 0 to 1; 1 when equal.</returns>
    /// <exception cref="ArgumentException">The lengths differ or are no multiple of width × height, or a side is too short.</exception>
    public static double Compute(ReadOnlySpan<float> a, ReadOnlySpan<float> b, int width, int height, double dataRange = 255)
    {
        if (Math.Min(width, height) < SmallestSide)
            throw new ArgumentException(
                $"Five scales need sides of at least {SmallestSide} pixels; the picture has {width} × {height}. Use {nameof(StructuralSimilarity)}.",
                nameof(width));
        var channels = StructuralSimilarity.Check(a.Length, b.Length, width, height, SsimWindow.Gaussian);
        var plane = width * height;
        var sum = 0.0;
        for (var c = 0; c < channels; c++) sum += Plane(a.Slice(c * plane, plane).ToArray(), b.Slice(c * plane, plane).ToArray(), width, height, dataRange);
        return sum / channels;
    }

    private static double Plane(float[] a, float[] b, int width, int height, double dataRange)
    {
        var product = 1.0;
        for (var scale = 0; ; scale++)
        {
            var moments = SsimMoments.Create(SsimWindow.Gaussian, width);
            var (similarity, contrast) = StructuralSimilarity.Plane(moments, a, b, width, height, SsimWindow.Gaussian, dataRange, default);
            var last = scale == s_weights.Length - 1;
            product *= Math.Pow(Math.Max(0, last ? similarity : contrast), s_weights[scale]);
            if (last) return product;
            (a, b) = (Halved(a, width, height), Halved(b, width, height));
            (width, height) = (width / 2, height / 2);
        }
    }

    private static float[] Halved(float[] plane, int width, int height)
    {
        var half = new float[width / 2 * (height / 2)];
        for (int y = 0, to = 0; y < height / 2; y++)
        {
            var upper = plane.AsSpan(2 * y * width, width);
            var lower = plane.AsSpan(((2 * y) + 1) * width, width);
            for (var x = 0; x < width / 2; x++, to++) half[to] = (upper[2 * x] + upper[(2 * x) + 1] + lower[2 * x] + lower[(2 * x) + 1]) / 4;
        }

        return half;
    }
}
