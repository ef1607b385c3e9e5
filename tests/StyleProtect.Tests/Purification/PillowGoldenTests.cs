using StyleProtect.Artworks;
using StyleProtect.Attacks.Purification;
using StyleProtect.Runtime.Views;
using StyleProtect.Tests.Infrastructure;
using Xunit;

namespace StyleProtect.Tests.Purification;

/// <summary>JPEG and resizing against Pillow's results (libjpeg-turbo).</summary>
public sealed class PillowGoldenTests : IDisposable
{
    private const int Width = 40, Height = 48;
    private readonly Golden _golden = new("image/pil_ops");

    public static TheoryData<int, string> Qualities { get; } = new(
        from quality in (int[])[30, 50, 75, 95] from subsampling in (string[])["444", "420"] select (quality, subsampling));

    [Theory]
    [MemberData(nameof(Qualities))]
    public void Jpeg_equals_Pillow_sample_for_sample(int quality, string subsampling)
    {
        var purified = Purifiers.Parse($"jpeg:{quality}:{subsampling}").Purify(Picture());
        AssertEqual(Bytes($"out.jpeg_q{quality}_ss{(subsampling == "444" ? 0 : 2)}"), purified);
    }

    [Fact]
    public void Jpeg_halves_the_colour_unless_told_otherwise() => AssertEqual(Bytes("out.jpeg_q75_ss2"), Purifiers.Parse("jpeg:75").Purify(Picture()));

    [Theory]
    [InlineData("lanczos", "resize:0.5")]
    [InlineData("bicubic", "resize:0.5:bicubic")]
    [InlineData("bilinear", "resize:0.5:bilinear")]
    [InlineData("box", "resize:0.5:box")]
    public void Resizing_equals_Pillow_down_and_up(string filter, string text)
    {
        // Down is Pillow's own result; up from there is the resampling that ResamplingTests holds against Pillow.
        var small = Artwork.FromRgb24(Bytes($"out.pil_{filter}_20x24"), 20, 24).ToPlanarRgb();
        var expected = Planar.ToArtwork(Resizing.Resize(small, 20, 24, Width, Height, Enum.Parse<ResamplingFilter>(filter, ignoreCase: true)), Width, Height);
        AssertEqual([.. expected.Rgb.ToArray().Select(v => (byte)v)], Purifiers.Parse(text).Purify(Picture()));
    }

    private static void AssertEqual(byte[] expected, Artwork actual)
    {
        var differences = actual.Rgb.ToArray().Select((v, i) => Math.Abs(v - expected[i])).ToArray();
        Assert.True(differences.All(d => d == 0), $"{differences.Count(d => d > 0)} of {differences.Length} samples differ, by up to {differences.Max()}");
    }

    private Artwork Picture() => Artwork.FromRgb24(Bytes("in.a"), Width, Height);

    private byte[] Bytes(string key)
    {
        using var tensor = _golden[key];
        return tensor.data<byte>().ToArray();
    }

    public void Dispose() => _golden.Dispose();
}
