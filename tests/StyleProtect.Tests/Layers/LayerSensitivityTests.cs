using StyleProtect.Diffusion;
using StyleProtect.Kernels;
using StyleProtect.Layers;
using StyleProtect.Layers.Analysis;
using StyleProtect.Perception;
using StyleProtect.Tests.Infrastructure;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Layers;

[Collection(TorchCollection.Name)]
public sealed class LayerSensitivityTests
{
    private static readonly SensitivityOptions s_options = new() { Seeds = 2, Timesteps = 3, DriftSteps = 2 };

    [Fact]
    public void The_one_layer_that_sees_style_words_is_found()
    {
        using var planted = new PlantedModel(plants: true);
        var result = Measure(planted.Model, s_options);
        Assert.Equal(PlantedModel.Planted, Best(result, LayerMeasure.Response));
        Assert.Equal(PlantedModel.Planted, Best(result, LayerMeasure.Gradient));
        for (var i = 0; i < 16; i++)
        {
            var isPlanted = result.Catalog.CrossAttention[i].Name == PlantedModel.Planted;
            Assert.Equal(isPlanted, result.StyleResponse[i] > 1e-3); // the others do not see another style at all
        }

        // Attention on style words depends on them in the planted layer only: elsewhere their keys are zero.
        var style = result[LayerMeasure.Style].Scores;
        var index = result.Catalog.CrossAttention.Single(l => l.Name == PlantedModel.Planted).Index;
        Assert.Equal(index, Enumerable.Range(0, 16).MaxBy(i => Math.Abs(style[i].Mean)));
    }

    [Fact]
    public void Random_text_conditioning_has_no_layer_above_the_spread()
    {
        using var random = new PlantedModel(plants: false);
        var result = Measure(random.Model, s_options);
        foreach (var measure in (LayerMeasure[])[LayerMeasure.Style, LayerMeasure.Response])
        {
            var scores = result[measure].Scores;
            var mean = scores.Average(s => s.Mean);
            var spread = Math.Sqrt(scores.Average(s => (s.Mean - mean) * (s.Mean - mean) + s.Spread * s.Spread));
            Assert.All(scores, s => Assert.True(Math.Abs(s.Mean - mean) < 4 * spread, $"{measure}: {s.Mean} against {mean} ± {spread}"));
        }
    }

    [Fact]
    public void The_same_seed_measures_the_same_and_leaves_the_model_as_it_was()
    {
        using var random = new PlantedModel(plants: false);
        var first = Measure(random.Model, s_options);
        var second = Measure(random.Model, s_options);
        Assert.Equal(first.Measures.SelectMany(m => m.Scores.Select(s => (s.Mean, s.Spread))), second.Measures.SelectMany(m => m.Scores.Select(s => (s.Mean, s.Spread))));
        Assert.All(random.Model.UNet.CrossAttentionLayers(), l => Assert.True(l.Attention.Captured is null && l.Attention.KeyValueOverride is null));
        Assert.All(first[LayerMeasure.Drift].Scores, s => Assert.InRange(s.Mean, 1e-9, 1));
        Assert.Equal(3, first[LayerMeasure.Style].Scores[0].ByTimestep.Count);
        Assert.Empty(first[LayerMeasure.Drift].Scores[0].ByTimestep);
        Assert.All(first.Measures, m => Assert.InRange(m.Stability, -1, 1));
        Assert.Equal(6, first.Agreements.Count);
        Assert.Equal("no image encoder was given", first.Skipped[LayerMeasure.Similarity]);
        Assert.Contains("no image encoder", Assert.Throws<LayerSelectionException>(() => first[LayerMeasure.Similarity]).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_image_encoder_opens_the_similarity_measures()
    {
        using var random = new PlantedModel(plants: false);
        using var encoder = new MeanColour();
        var result = Measure(random.Model, s_options with { Measures = [LayerMeasure.Similarity, LayerMeasure.RankSimilarity] }, encoder);
        Assert.Empty(result.Skipped);
        Assert.All(result.Measures.SelectMany(m => m.Scores), s => Assert.InRange(s.Mean, -2, 2));
        Assert.True(result[LayerMeasure.Similarity].Scores.Select(s => s.Mean).Distinct().Count() > 1);
    }

    [Theory]
    [InlineData("oil", "oil", "at least two styles")]
    [InlineData("oil", " ", "no style words")]
    public void Words_that_cannot_be_compared_are_refused(string first, string second, string reason)
    {
        using var random = new PlantedModel(plants: false);
        using var scope = NewDisposeScope();
        var examples = Examples();
        var analysis = new LayerSensitivityAnalysis(random.Model, s_options, FusedKernels.Managed);
        var e = Assert.Throws<LayerSelectionException>(() => analysis.Run([examples[0] with { Style = first }, examples[1] with { Style = second }], CancellationToken.None));
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
    }

    private static LayerSensitivity Measure(LatentDiffusionModel model, SensitivityOptions options, IImageEncoder? encoder = null)
    {
        using var scope = NewDisposeScope();
        return new LayerSensitivityAnalysis(model, options, FusedKernels.Managed, encoder).Run(Examples(), TestContext.Current.CancellationToken);
    }

    private static PreparedExample[] Examples()
    {
        using var generator = new Generator(5);
        (string Content, string Style)[] words = [("photo", "oil"), ("artwork", "sks"), ("photo", "sks"), ("artwork", "oil")];
        return [.. words.Select(w => new PreparedExample(rand([1, 3, 32, 32], generator: generator).Mul(2).Sub(1), w.Content, w.Style))];
    }

    private static string Best(LayerSensitivity result, LayerMeasure measure) =>
        result.Catalog.CrossAttention[Enumerable.Range(0, 16).MaxBy(i => result[measure].Scores[i].Mean)].Name;

    private sealed class MeanColour : IImageEncoder
    {
        public string Name => "mean colour";

        public int Width => 3;

        public Tensor Encode(Tensor pictures) => nn.functional.normalize(pictures.mean([2L, 3L]), dim: 1);

        public void Dispose() { }
    }
}
