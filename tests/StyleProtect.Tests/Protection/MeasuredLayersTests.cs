using StyleProtect.Artworks;
using StyleProtect.Layers;
using StyleProtect.Layers.Analysis;
using StyleProtect.Protection;
using StyleProtect.Protection.Engine;
using StyleProtect.Tests.Artworks;
using Xunit;

namespace StyleProtect.Tests.Protection;

/// <summary>Selectors that measure, in real protections.</summary>
public sealed class MeasuredLayersTests(TinyProtector tiny, TwoLevelProtector twoLevels) : IClassFixture<TinyProtector>, IClassFixture<TwoLevelProtector>
{
    private static readonly Artwork s_picture = TestPictures.Random(32, 32, 8, false, 1);

    [Fact]
    public async Task The_highest_layers_of_a_measurement_on_the_requests_own_picture_are_trained()
    {
        var result = await twoLevels.Protect(TinyProtector.Options
            with
        { Steps = 1, Layers = LayerSelectors.Parse("topk:gradient:3"), Prompt = "a photo in the style of sks" }, s_picture);
        var measured = await twoLevels.Protector.Host.MeasureLayersAsync(
            [new StyleExample(s_picture, "an artwork", "sks")],
            new SensitivityOptions { Measures = [LayerMeasure.Gradient], OtherStyle = "a photograph", OtherContent = "a landscape" },
            cancellationToken: TestContext.Current.CancellationToken);
        var expected = measured.Catalog.CrossAttention.OrderByDescending(l => measured[LayerMeasure.Gradient].Scores[l.Index].Mean).Take(3)
            .OrderBy(l => l.Index).Select(l => l.Name);
        Assert.Equal(expected, result.Layers);
        Assert.Equal(3, result.Layers.Count);
    }

    [Fact]
    public async Task Paper_measured_and_no_layers_protect_differently()
    {
        var pictures = new List<string>();
        foreach (var layers in (string[])["topk:style:4", "paper", "none"])
        {
            var result = await tiny.Protect(TinyProtector.Options with { LearningRate = 1e-2, Steps = 4, Layers = LayerSelectors.Parse(layers) }, s_picture);
            Assert.Equal(layers == "none" ? 0 : 4, result.Layers.Count);
            pictures.Add(Convert.ToHexString(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(result.Artworks[0].Artwork.ToPlanarRgb())));
        }

        Assert.Equal(3, pictures.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public async Task A_budget_is_kept()
    {
        var smallest = twoLevels.Protector.Layers.CrossAttention.Min(l => l.KeyValueParameters);
        var result = await twoLevels.Protect(TinyProtector.Options with { Steps = 1, Layers = LayerSelectors.Budget(3 * smallest) }, s_picture);
        Assert.InRange(result.TrainedParameters, 1, 3 * smallest);
        var e = await Assert.ThrowsAsync<ProtectionException>(() =>
            twoLevels.Protect(TinyProtector.Options with { Steps = 1, Layers = LayerSelectors.Budget(1) }, s_picture));
        Assert.Contains($"the smallest has {smallest}", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a picture in the style of claude monet", "claude monet")]
    [InlineData("a photo of an artwork", "a photo of an artwork")]
    [InlineData("the style of ", "the style of ")]
    public void Style_words_are_what_the_prompt_says_after_style_of(string prompt, string words) => Assert.Equal(words, RequestMeter.StyleWords(prompt));
}
