using StyleProtect.Metrics;
using Xunit;

namespace StyleProtect.Tests.Metrics;

public sealed class MultiScaleSimilarityTests
{
    private const int Width = 179, Height = 176;
    private static readonly float[] s_picture = Picture(1, 0);

    [Fact]
    public void Equal_pictures_are_one() => Assert.Equal(1, MultiScaleSimilarity.Compute(s_picture, s_picture, Width, Height), 1e-12);

    [Fact]
    public void The_value_is_that_of_the_definition()
    {
        var other = Picture(1, 30);
        Assert.Equal(Definition(s_picture, other), MultiScaleSimilarity.Compute(s_picture, other, Width, Height), 1e-6);
    }

    [Fact]
    public void Channels_are_averaged_and_the_range_does_not_matter()
    {
        var (near, far) = (Picture(1, 10), Picture(1, 60));
        float[] a = [.. s_picture, .. s_picture], b = [.. near, .. far];
        double One(float[] other) => MultiScaleSimilarity.Compute(s_picture, other, Width, Height);
        Assert.Equal((One(near) + One(far)) / 2, MultiScaleSimilarity.Compute(a, b, Width, Height), 1e-12);
        Assert.True(One(near) > One(far));
        Assert.Equal(One(near), MultiScaleSimilarity.Compute([.. s_picture.Select(v => v / 255)], [.. near.Select(v => v / 255)], Width, Height, dataRange: 1),
            1e-5);
    }

    [Fact]
    public void Opposite_pictures_are_zero() => Assert.Equal(0, MultiScaleSimilarity.Compute(s_picture, [.. s_picture.Select(v => 255 - v)], Width, Height));

    [Fact]
    public void Small_pictures_are_refused_with_the_smallest_side() =>
        Assert.Contains("at least 176 pixels; the picture has 200 × 175", Assert.Throws<ArgumentException>(() =>
            MultiScaleSimilarity.Compute(new float[35_000], new float[35_000], 200, 175)).Message, StringComparison.Ordinal);

    /// <summary>Window by window in float64, from the paper's formulas.</summary>
    private static double Definition(float[] a, float[] b)
    {
        double[] weights = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333];
        var kernel = new double[11, 11];
        for (var y = 0; y < 11; y++)
            for (var x = 0; x < 11; x++) kernel[y, x] = Math.Exp(-(((x - 5) * (x - 5)) + ((y - 5) * (y - 5))) / 4.5);
        var total = kernel.Cast<double>().Sum();
        var (p, q, width, height) = (a.Select(v => (double)v).ToArray(), b.Select(v => (double)v).ToArray(), Width, Height);
        var product = 1.0;
        for (var scale = 0; scale < 5; scale++)
        {
            double luminance = 0, contrast = 0;
            for (var y = 0; y <= height - 11; y++)
                for (var x = 0; x <= width - 11; x++)
                {
                    double ma = 0, mb = 0, aa = 0, bb = 0, ab = 0;
                    for (var dy = 0; dy < 11; dy++)
                        for (var dx = 0; dx < 11; dx++)
                        {
                            var (w, u, v) = (kernel[dy, dx] / total, p[((y + dy) * width) + x + dx], q[((y + dy) * width) + x + dx]);
                            (ma, mb, aa, bb, ab) = (ma + (w * u), mb + (w * v), aa + (w * u * u), bb + (w * v * v), ab + (w * u * v));
                        }
                    var structure = ((2 * (ab - (ma * mb))) + 58.5225) / (aa - (ma * ma) + bb - (mb * mb) + 58.5225);
                    contrast += structure;
                    luminance += structure * ((2 * ma * mb) + 6.5025) / ((ma * ma) + (mb * mb) + 6.5025);
                }
            var windows = (double)(height - 10) * (width - 10);
            product *= Math.Pow((scale == 4 ? luminance : contrast) / windows, weights[scale]);
            var (w2, h2) = (width / 2, height / 2);
            double[] Half(double[] s) => [.. Enumerable.Range(0, w2 * h2).Select(i => (X: 2 * (i % w2), Y: 2 * (i / w2)))
                .Select(o => (s[(o.Y * width) + o.X] + s[(o.Y * width) + o.X + 1] + s[((o.Y + 1) * width) + o.X] + s[((o.Y + 1) * width) + o.X + 1]) / 4)];
            (p, q) = (Half(p), Half(q));
            (width, height) = (w2, h2);
        }

        return product;
    }

    private static float[] Picture(int seed, int noise)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, Width * Height).Select(i => (float)Math.Clamp(128 + (60 * Math.Sin(i % Width / 9.0)) + (40 * Math.Cos(i / Width / 5.0)) +
            (noise * (random.NextDouble() - 0.5)), 0, 255))];
    }
}
