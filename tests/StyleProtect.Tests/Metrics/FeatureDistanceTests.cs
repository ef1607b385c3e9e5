using StyleProtect.Metrics;
using StyleProtect.Tests.Infrastructure;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Metrics;

/// <summary>Fréchet, kernel and Gram distance against scipy's and torch's values.</summary>
public sealed class FeatureDistanceTests : IDisposable
{
    private const int Width = 16;
    private readonly Golden _golden = new("metrics/frechet_kid_gram");

    [Fact]
    public void Frechet_distance_equals_scipys() =>
        Assert.Equal(Scalar("out.fid.f64"), FrechetDistance.Compute(Doubles("in.f1.f64"), Doubles("in.f2.f64"), Width), 1e-9);

    [Fact]
    public void Kernel_distance_equals_the_reference() =>
        Assert.Equal(Scalar("out.kid_poly3_unbiased.f64"), KernelDistance.Compute(Doubles("in.f1.f64"), Doubles("in.f2.f64"), Width), 1e-12);

    [Fact]
    public void Gram_matrices_equal_torchs()
    {
        using var scope = NewDisposeScope();
        var (maps, expected) = (_golden["in.gram_x"], _golden["out.gram"]);
        var pictures = Enumerable.Range(0, 2).Select(n => maps[n].contiguous().data<float>().ToArray()).ToArray();
        for (var n = 0; n < 2; n++)
        {
            var wanted = expected[n].contiguous().data<float>().ToArray();
            var actual = GramDistance.Matrix(pictures[n], 6);
            for (var i = 0; i < wanted.Length; i++) Assert.Equal(wanted[i], actual[i], 1e-6);
        }

        var distance = (expected[0] - expected[1]).pow(tensor(2)).sum().item<float>();
        Assert.Equal(distance, GramDistance.Compute(pictures[0], pictures[1], 6), 1e-6 * distance);
    }

    /// <summary>
    /// Fewer pictures than features: the covariances have no full rank, and the distance of shifted copies is the shift's square all the same.
    /// </summary>
    [Theory]
    [InlineData(3)]
    [InlineData(60)]
    public void A_shift_is_as_far_as_its_square(int pictures)
    {
        var a = Doubles("in.f1.f64")[..(pictures * Width)];
        var b = a.Select((v, i) => v + (i % Width == 2 ? 3 : i % Width == 7 ? -4 : 0)).ToArray();
        Assert.Equal(25, FrechetDistance.Compute(a, b, Width), 1e-7);
        Assert.Equal(0, FrechetDistance.Compute(a, a, Width), 1e-7);
    }

    [Fact]
    public void Floats_give_the_distances_of_their_values()
    {
        var (a, b) = (Doubles("in.f1.f64").Select(v => (float)v).ToArray(), Doubles("in.f2.f64").Select(v => (float)v).ToArray());
        Assert.Equal(Scalar("out.fid.f64"), FrechetDistance.Compute(a, b, Width), 1e-4);
        Assert.Equal(Scalar("out.kid_poly3_unbiased.f64"), KernelDistance.Compute(a, b, Width), 1e-5);
    }

    [Fact]
    public void Sets_that_say_nothing_are_refused()
    {
        Assert.Contains("at least two are needed", Assert.Throws<ArgumentException>(() => FrechetDistance.Compute(new double[4], new double[8], 4)).Message,
            StringComparison.Ordinal);
        Assert.Contains("not whole rows", Assert.Throws<ArgumentException>(() => KernelDistance.Compute(new double[9], new double[8], 4)).Message,
            StringComparison.Ordinal);
        Assert.Contains("not 4 maps", Assert.Throws<ArgumentException>(() => GramDistance.Matrix(new float[9], 4)).Message, StringComparison.Ordinal);
    }

    private double Scalar(string key)
    {
        using var value = _golden[key];
        return value.item<double>();
    }

    private double[] Doubles(string key)
    {
        using var values = _golden[key];
        return values.data<double>().ToArray();
    }

    public void Dispose() => _golden.Dispose();
}
