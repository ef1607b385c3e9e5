using CsCheck;
using StyleProtect.Metrics;
using Xunit;

namespace StyleProtect.Tests.Metrics;

public sealed class ImageDifferenceTests
{
    [Fact]
    public void Equal_pictures_have_infinite_psnr_and_no_distance()
    {
        float[] a = [0, 1.5f, 255];
        Assert.Equal(double.PositiveInfinity, ImageDifference.Psnr(a, a));
        Assert.Equal(0, ImageDifference.LInfinity(a, a));
        Assert.Equal(0, ImageDifference.L2(a, a));
        Assert.Equal(0, ImageDifference.MeanSquaredError(a, a));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(16)]
    public void A_change_of_epsilon_everywhere_has_the_psnr_floor_20_log10_255_over_epsilon(int epsilon)
    {
        var a = Enumerable.Range(0, 5000).Select(i => (float)(i % 200)).ToArray();
        var b = a.Select((v, i) => i % 2 == 0 ? v + epsilon : v - epsilon).ToArray();
        Assert.Equal(20 * Math.Log10(255.0 / epsilon), ImageDifference.Psnr(a, b), 10);
        Assert.Equal(epsilon, ImageDifference.LInfinity(a, b));
        Assert.Equal(epsilon * Math.Sqrt(5000), ImageDifference.L2(a, b), 9);
    }

    [Fact]
    public void Vectorised_sums_equal_plain_sums_for_every_length() =>
        Gen.Select(Gen.Float[-300, 300].Array[1, 3000], Gen.Int[0, 1000]).Sample((a, seed) =>
        {
            var random = new Random(seed);
            var b = a.Select(v => v + random.NextSingle() - 0.5f).ToArray();
            var (sum, largest) = (0.0, 0.0);
            for (var i = 0; i < a.Length; i++)
            {
                var d = (double)a[i] - b[i];
                sum += d * d;
                largest = Math.Max(largest, Math.Abs(d));
            }
            Assert.Equal(largest, ImageDifference.LInfinity(a, b));
            Assert.Equal(sum / a.Length, ImageDifference.MeanSquaredError(a, b), 1e-12 * (1 + (sum / a.Length)));
            Assert.Equal(Math.Sqrt(sum), ImageDifference.L2(a, b), 1e-12 * (1 + sum));
        }, iter: 50, threads: 1);

    [Fact]
    public void Bytes_and_floats_give_the_same()
    {
        var random = new Random(5);
        var (a, b) = (new byte[4001], new byte[4001]);
        random.NextBytes(a);
        random.NextBytes(b);
        var (fa, fb) = (a.Select(v => (float)v).ToArray(), b.Select(v => (float)v).ToArray());
        Assert.Equal(ImageDifference.Psnr(fa, fb), ImageDifference.Psnr(a, b), 12);
        Assert.Equal(ImageDifference.L2(fa, fb), ImageDifference.L2(a, b), 9);
        Assert.Equal(ImageDifference.LInfinity(fa, fb), ImageDifference.LInfinity(a, b));
        Assert.Equal(ImageDifference.MeanSquaredError(fa, fb), ImageDifference.MeanSquaredError(a, b), 9);
    }

    [Fact]
    public void A_nan_is_not_hidden()
    {
        float[] a = new float[3000], b = new float[3000];
        b[100] = float.NaN;
        Assert.True(double.IsNaN(ImageDifference.LInfinity(a, b)));
        Assert.True(double.IsNaN(ImageDifference.Psnr(a, b)));
    }

    [Fact]
    public void Pictures_of_different_sizes_are_refused()
    {
        Assert.Contains("3 and 2", Assert.Throws<ArgumentException>(() => ImageDifference.Psnr(new float[3], new float[2])).Message, StringComparison.Ordinal);
        Assert.Contains("no samples", Assert.Throws<ArgumentException>(() => ImageDifference.L2(ReadOnlySpan<float>.Empty, [])).Message,
            StringComparison.Ordinal);
    }
}
