using StyleProtect.Artworks;
using StyleProtect.Attacks.Purification;
using StyleProtect.Metrics;
using Xunit;

namespace StyleProtect.Tests.Attacks;

public sealed class PurifierTests
{
    [Theory]
    [InlineData("jpeg:75")]
    [InlineData("webp:60")]
    [InlineData("resize:0.5")]
    [InlineData("crop:0.8")]
    [InlineData("blur:1.5")]
    [InlineData("median:3")]
    [InlineData("noise:0.05")]
    [InlineData("bits:3")]
    [InlineData("noise:0.05+blur:1+jpeg:80")]
    public void A_purifier_changes_the_picture_keeps_its_size_and_is_deterministic(string text)
    {
        var picture = Picture(61, 43);
        var purifier = Purifiers.Parse(text);
        var once = purifier.Purify(picture);
        Assert.Equal(text, purifier.Name);
        Assert.Equal((61, 43, 8), (once.Width, once.Height, once.BitDepth));
        Assert.NotEqual(picture.Rgb.ToArray(), once.Rgb.ToArray());
        Assert.Equal(once.Rgb.ToArray(), Purifiers.Parse(text).Purify(picture).Rgb.ToArray());
    }

    [Theory]
    [InlineData("resize:0.5")]
    [InlineData("crop:0.5")]
    [InlineData("blur:3")]
    [InlineData("median:5")]
    [InlineData("bits:8")]
    public void A_plain_picture_stays_as_it_is(string text)
    {
        var plain = Artwork.FromRgb24(Enumerable.Repeat((byte)131, 32 * 24 * 3).ToArray(), 32, 24);
        Assert.Equal(plain.Rgb.ToArray(), Purifiers.Parse(text).Purify(plain).Rgb.ToArray());
    }

    [Fact]
    public void Noise_has_the_deviation_that_its_name_says()
    {
        var grey = Artwork.FromRgb24(Enumerable.Repeat((byte)128, 200 * 200 * 3).ToArray(), 200, 200);
        var noisy = Purifiers.Parse("noise:0.1").Purify(grey).ToPlanarRgb();
        Assert.Equal(25.5, Math.Sqrt(noisy.Average(v => (v - 128.0) * (v - 128.0))), 0.5);
    }

    [Fact]
    public void A_stronger_purifier_changes_more()
    {
        var picture = Picture(96, 96);
        double Change(string text) => ImageDifference.Psnr(picture.ToPlanarRgb(), Purifiers.Parse(text).Purify(picture).ToPlanarRgb());
        Assert.True(Change("jpeg:95") > Change("jpeg:30"));
        Assert.True(Change("blur:0.5") > Change("blur:3"));
        Assert.True(Change("bits:6") > Change("bits:2"));
    }

    [Theory]
    [InlineData("gpeg:75", "There is no purifier 'gpeg'. There are: jpeg")]
    [InlineData("jpeg", "jpeg takes one number from 1 to 100")]
    [InlineData("jpeg:0", "jpeg takes one number from 1 to 100")]
    [InlineData("jpeg:7.5", "whole number")]
    [InlineData("median:4", "odd")]
    [InlineData("resize:2", "resize takes one number from 0.05 to 1")]
    [InlineData("blur:1+", "There is no purifier ''")]
    public void A_mistyped_purifier_is_refused_with_the_reason(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<ArgumentException>(() => Purifiers.Parse(text)).Message, StringComparison.Ordinal);

    private static Artwork Picture(int width, int height)
    {
        var random = new Random(5);
        var bytes = new byte[width * height * 3];
        for (var i = 0; i < bytes.Length; i++) bytes[i] = (byte)Math.Clamp((40 * Math.Sin(i / 17.0)) + 128 + random.Next(-30, 30), 0, 255);
        return Artwork.FromRgb24(bytes, width, height);
    }
}
