using StyleProtect.Protection;
using StyleProtect.Runtime.Views;
using StyleProtect.Tests.Artworks;
using StyleProtect.Tests.Shared;
using Xunit;

namespace StyleProtect.Tests.Protection;

/// <summary>The official script's behaviour: the picture squashed to the model's square, written at that size with the script's rounding.</summary>
public sealed class ReferenceModeTests(TinyProtector tiny) : IClassFixture<TinyProtector>
{
    private static readonly ProtectionOptions s_options = TinyProtector.Options with { OfficialScript = true, Steps = 1 };

    [Theory]
    [InlineData(8, false)]
    [InlineData(16, true)]
    public async Task A_step_below_half_a_value_rounds_to_the_squashed_picture(int bitDepth, bool alpha)
    {
        var original = TestPictures.Random(61, 40, bitDepth, alpha, 2, TestPictures.FullMetadata());
        var written = (await tiny.Protect(s_options with { StepSize = 0.4 }, original)).Artworks[0].Artwork;
        Assert.Equal((TinyModelFolder.PictureSize, TinyModelFolder.PictureSize, 8, false), (written.Width, written.Height, written.BitDepth, written.HasAlpha));
        Assert.True(Differences.Same(PillowResize.Squash(original, TinyModelFolder.PictureSize), written));
    }

    [Fact]
    public async Task A_step_of_the_script_moves_every_sample_by_one()
    {
        var original = TestPictures.Random(61, 40, 8, false, 2);
        var result = await tiny.Protect(s_options, original);
        Assert.Equal(0.6375, result.StepSize, 1e-9);
        var squashed = PillowResize.Squash(original, TinyModelFolder.PictureSize);
        var written = result.Artworks[0].Artwork;
        var moved = 0;
        for (var i = 0; i < squashed.Rgb.Length; i++)
        {
            var change = Math.Abs(written.Rgb[i] - squashed.Rgb[i]);
            Assert.InRange(change, 0, 1);
            moved += change;
        }

        Assert.InRange(moved, 0.97 * squashed.Rgb.Length, squashed.Rgb.Length); // the others were clamped at black or white
    }
}
