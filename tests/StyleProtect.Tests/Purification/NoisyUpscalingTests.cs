using StyleProtect.Artworks;
using StyleProtect.Attacks.Purification;
using StyleProtect.Tests.Artworks;
using Xunit;

namespace StyleProtect.Tests.Purification;

public sealed class NoisyUpscalingTests
{
    [Fact]
    public void The_upscaler_gets_the_noisy_picture_and_its_result_goes_back_to_size()
    {
        var picture = TestPictures.Random(20, 12, 8, false, 1);
        var upscaler = new Recorder(4);
        var purified = Purifiers.Parse("noisy-upscale:0.1", new PurifierServices { Upscaler = upscaler }).Purify(picture);
        Assert.Equal(Purifiers.Parse("noise:0.1").Purify(picture).Rgb.ToArray(), upscaler.Seen!.Rgb.ToArray());
        Assert.Equal((20, 12), (purified.Width, purified.Height));
        Assert.All(purified.Rgb.ToArray(), v => Assert.Equal(77, v));
    }

    [Fact]
    public void An_upscaler_that_shrinks_is_refused()
    {
        var purifier = Purifiers.Parse("noisy-upscale", new PurifierServices { Upscaler = new Recorder(0) });
        Assert.Contains("'recorder' made 10 × 6 of 20 × 12 pixels",
            Assert.Throws<InvalidOperationException>(() => purifier.Purify(TestPictures.Random(20, 12, 8, false, 1))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_built_in_upscaler_doubles_the_size() =>
        Assert.Equal((14, 10), (new LanczosUpscaler().Upscale(TestPictures.Random(7, 5, 8, false, 1)) is var a ? (a.Width, a.Height) : default));

    /// <summary>Remembers what it got and gives a plain picture.</summary>
    private sealed class Recorder(int factor) : IUpscaler
    {
        public Artwork? Seen { get; private set; }

        public string Name => "recorder";

        public Artwork Upscale(Artwork artwork)
        {
            Seen = artwork;
            var (width, height) = factor > 0 ? (factor * artwork.Width, factor * artwork.Height) : (artwork.Width / 2, artwork.Height / 2);
            return Artwork.FromRgb24(Enumerable.Repeat((byte)77, 3 * width * height).ToArray(), width, height);
        }
    }
}
