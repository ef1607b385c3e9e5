using StyleProtect.Metrics;
using StyleProtect.Tests.Infrastructure;
using Xunit;

namespace StyleProtect.Tests.Metrics;

/// <summary>PSNR and SSIM against values that scikit-image 0.25 computed.</summary>
public sealed class ScikitImageGoldenTests : IDisposable
{
    private const double Tolerance = 1e-9;
    private const int Height = 48;
    private const int Width = 40;
    private readonly Golden _golden = new("image/ssim_psnr");

    [Fact]
    public void Psnr_of_bytes() => Assert.Equal(Scalar("psnr_u8"), ImageDifference.Psnr(Bytes("in.a"), Bytes("in.b")), Tolerance);

    [Fact]
    public void Psnr_of_floats_from_0_to_1()
    {
        var (a, b) = (Bytes("in.a").Select(v => v / 255f).ToArray(), Bytes("in.b").Select(v => v / 255f).ToArray());
        // float32 inputs are only known to 6e-8 of their range, which is all that separates the two values.
        Assert.Equal(Scalar("psnr_float"), ImageDifference.Psnr(a, b, dataRange: 1), 1e-6);
    }

    [Fact]
    public void Ssim_default_window_mean_of_channels() =>
        Assert.Equal(Scalar("ssim_default_u8_channel"), StructuralSimilarity.Compute(Planar("in.a"), Planar("in.b"), Width, Height), Tolerance);

    [Fact]
    public void Ssim_gaussian_window_of_Wang() =>
        Assert.Equal(Scalar("ssim_gauss_wang"), StructuralSimilarity.Compute(Planar("in.a"), Planar("in.b"), Width, Height, SsimWindow.Gaussian), Tolerance);

    [Fact]
    public void Ssim_uniform_window_of_11() =>
        Assert.Equal(Scalar("ssim_win11"), StructuralSimilarity.Compute(Planar("in.a"), Planar("in.b"), Width, Height, SsimWindow.Uniform(11)), Tolerance);

    [Fact]
    public void Ssim_of_one_channel_and_its_maps()
    {
        // The file's "gray" pictures are the red channel.
        var a = Planar("in.a").AsSpan(0, Width * Height);
        var b = Planar("in.b").AsSpan(0, Width * Height);
        Assert.Equal(Scalar("ssim_default_gray"), StructuralSimilarity.Compute(a, b, Width, Height), Tolerance);
        AssertMap("out.ssim_map_default_gray", StructuralSimilarity.Map(a, b, Width, Height));
        AssertMap("out.ssim_map_gauss_gray", StructuralSimilarity.Map(a, b, Width, Height, SsimWindow.Gaussian));
    }

    private void AssertMap(string name, float[] actual)
    {
        using var tensor = _golden[name];
        var expected = tensor.data<float>().ToArray();
        Assert.Equal(expected.Length, actual.Length);
        Assert.True(expected.Zip(actual, (e, a) => Math.Abs(e - a)).Max() <= 1e-6);
    }

    private double Scalar(string name)
    {
        using var tensor = _golden[$"out.{name}.f64"];
        return tensor.data<double>()[0];
    }

    private byte[] Bytes(string name)
    {
        using var tensor = _golden[name];
        return tensor.data<byte>().ToArray();
    }

    private float[] Planar(string name)
    {
        var interleaved = Bytes(name);
        var planar = new float[interleaved.Length];
        for (var i = 0; i < planar.Length; i++) planar[(i % 3 * Width * Height) + (i / 3)] = interleaved[i];
        return planar;
    }

    public void Dispose() => _golden.Dispose();
}
