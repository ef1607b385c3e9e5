using StyleProtect.Diffusion;
using StyleProtect.Kernels;
using StyleProtect.Layers;
using StyleProtect.Layers.Analysis;
using StyleProtect.Perception;
using StyleProtect.Tests.Evaluation;
using StyleProtect.Tests.Infrastructure;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Layers;

public sealed class LayerSensitivityTests
{
    private static readonly SensitivityOptions s_options = new() { Seeds = 2, Timesteps = 3, DriftSteps = 2 };

    // The measures that set words against words: gradient and drift do not, and differ between layers of random weights, too.
    private static readonly SensitivityOptions s_words = s_options with { Measures = [LayerMeasure.Style, LayerMeasure.Response], Seeds = 1, Timesteps = 2 };

    [Fact]
    public void The_one_layer_that_sees_style_words_is_found()
    {
        using var planted = new PlantedModel(Plant.Style);
        using var encoder = new MarkedStyle();
        var result = Measure(planted.Model, s_options with { Measures = [.. LayerMeasures.All.Except([LayerMeasure.Drift])] }, encoder);
        Assert.Empty(result.Skipped);
        Assert.All(result.Measures, m => Assert.Equal(PlantedModel.Planted, Best(result, m.Measure)));
        for (var i = 0; i < 16; i++)
        {
            var isPlanted = result.Catalog.CrossAttention[i].Name == PlantedModel.Planted;
            Assert.Equal(isPlanted, result.StyleResponse[i] > 1e-3); // the others do not see another style at all
        }

        var style = result[LayerMeasure.Style].Scores;
        var found = style.MaxBy(s => s.Mean)!;
        Assert.True(found.Mean - style.Average(s => s.Mean) > 2 * found.Spread, $"{found.Mean} ± {found.Spread}");
    }

    [Fact]
    public void The_one_layer_that_learns_is_found_by_its_drift()
    {
        // Only where the others get no gradient at all: AdamW's steps are as long for a faint gradient as for a strong one.
        using var planted = new PlantedModel(Plant.StyleAlone);
        var result = Measure(planted.Model, s_options with { Measures = [LayerMeasure.Drift, LayerMeasure.Gradient] });
        Assert.Equal(PlantedModel.Planted, Best(result, LayerMeasure.Gradient));
        Assert.Equal([PlantedModel.Planted], result.Catalog.CrossAttention.Where(l => result[LayerMeasure.Drift].Scores[l.Index].Mean > 1e-8)
            .Select(l => l.Name));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Random_text_conditioning_has_no_layer_above_the_spread(int seed)
    {
        using var random = new PlantedModel(Plant.RandomWords, seed);
        // Forty styles and forty contents, every word once and at its own position: no word is compared with itself, so nothing cancels.
        var result = Measure(random.Model, s_words,
            examples: Examples([.. Enumerable.Range(0, 40).Select(i => (PlantedModel.MoreWords[i], PlantedModel.MoreWords[40 + i]))]));
        foreach (var measure in result.Measures)
        {
            Assert.All(measure.Scores, s => Assert.True(s.Spread > 0 && Math.Abs(s.Mean) < s.Spread, $"{measure.Measure}: {s.Mean} ± {s.Spread}"));
            Assert.Empty(AboveTheSpread(measure, result.Catalog));
        }
    }

    [Fact]
    public void The_planted_layer_alone_is_above_the_spread()
    {
        // What the random model must not show: the same measures on as many pictures.
        using var planted = new PlantedModel(Plant.Style);
        var result = Measure(planted.Model, s_words,
            examples: Examples([.. Enumerable.Range(0, 40).Select(i => (PlantedModel.MoreWords[i], i % 2 == 0 ? "oil" : "sks"))]));
        foreach (var measure in result.Measures) Assert.Equal([PlantedModel.Planted], AboveTheSpread(measure, result.Catalog));
    }

    [Fact]
    public void The_gradient_is_larger_outside_even_where_words_are_random()
    {
        // Why it says nothing about style by itself; docs/choosing-layers.md warns of it.
        using var random = new PlantedModel(Plant.RandomWords, seed: 1);
        var scores = Measure(random.Model, s_options with { Measures = [LayerMeasure.Gradient], Seeds = 1, Timesteps = 2 })[LayerMeasure.Gradient].Scores;
        Assert.All((int[])[0, 15], outer => Assert.All((int[])[5, 6, 7, 8],
            inner => Assert.True(scores[outer].Mean > 5 * scores[inner].Mean, $"{outer}: {scores[outer].Mean}, {inner}: {scores[inner].Mean}")));
    }

    [Fact]
    public void The_same_seed_measures_the_same_and_leaves_the_model_as_it_was()
    {
        using var random = new PlantedModel(Plant.None);
        var options = s_options with { Timesteps = 2, DriftSteps = 1 };
        var first = Measure(random.Model, options);
        var second = Measure(random.Model, options);
        Assert.Equal(first.Measures.SelectMany(m => m.Scores.Select(s => (s.Mean, s.Spread))),
            second.Measures.SelectMany(m => m.Scores.Select(s => (s.Mean, s.Spread))));
        Assert.All(random.Model.UNet.CrossAttentionLayers(), l => Assert.True(l.Attention.Captured is null && l.Attention.KeyValueOverride is null));
        Assert.All(first[LayerMeasure.Drift].Scores, s => Assert.InRange(s.Mean, 1e-9, 1));
        Assert.Equal(2, first[LayerMeasure.Style].Scores[0].ByTimestep.Count);
        Assert.Empty(first[LayerMeasure.Drift].Scores[0].ByTimestep);
        Assert.All(first.Measures, m => Assert.InRange(m.Stability, -1, 1));
        Assert.Equal(6, first.Agreements.Count);
        Assert.Equal("no image encoder was given", first.Skipped[LayerMeasure.Similarity]);
        Assert.Contains("no image encoder", Assert.Throws<LayerSelectionException>(() => first[LayerMeasure.Similarity]).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_image_encoder_opens_the_similarity_measures()
    {
        using var random = new PlantedModel(Plant.None);
        using var encoder = new MeanColour();
        var result = Measure(random.Model, s_options with { Measures = [LayerMeasure.Similarity, LayerMeasure.RankSimilarity] }, encoder);
        Assert.Empty(result.Skipped);
        Assert.All(result.Measures.SelectMany(m => m.Scores), s => Assert.InRange(s.Mean, -2, 2));
        Assert.True(result[LayerMeasure.Similarity].Scores.Select(s => s.Mean).Distinct().Count() > 1);
        // A value for each seed and timestep: the spread is over both.
        Assert.All(result.Measures.SelectMany(m => m.Scores), s => Assert.Equal(3, s.ByTimestep.Count));
        Assert.All(result[LayerMeasure.Similarity].Scores, s => Assert.True(s.Spread > 0));
    }

    [Theory]
    [InlineData("oil", "oil", "at least two styles")]
    [InlineData("oil", " ", "no style words")]
    public void Words_that_cannot_be_compared_are_refused(string first, string second, string reason)
    {
        using var random = new PlantedModel(Plant.None);
        using var scope = NewDisposeScope();
        var examples = Examples();
        var analysis = new LayerSensitivityAnalysis(random.Model, s_options, FusedKernels.Managed);
        var e = Assert.Throws<LayerSelectionException>(() =>
            analysis.Run([examples[0] with { Style = first }, examples[1] with { Style = second }], null, CancellationToken.None));
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new[] { LayerMeasure.Style }, 2 * 4 * 3)]
    [InlineData(new[] { LayerMeasure.Drift }, 2 * 2 * 2)] // seeds, styles, steps
    [InlineData(new[] { LayerMeasure.Style, LayerMeasure.Drift }, (2 * 4 * 3) + (2 * 2 * 2))]
    public void Every_pass_is_reported(LayerMeasure[] measures, int passes)
    {
        using var random = new PlantedModel(Plant.None);
        using var scope = NewDisposeScope();
        var progress = new ProgressList<SensitivityProgress>();
        new LayerSensitivityAnalysis(random.Model, s_options with { Measures = measures }, FusedKernels.Managed)
            .Run(Examples(), progress, TestContext.Current.CancellationToken);
        Assert.Equal(Enumerable.Range(1, passes), progress.Reports.Select(r => r.Pass));
        Assert.All(progress.Reports, r => Assert.True(r.Passes == passes && r.Pictures == 4 && r.Picture is >= 1 and <= 4));
        Assert.Equal(measures, progress.Reports.SelectMany(r => r.Measures).Distinct());
        Assert.Equal(TimeSpan.Zero, progress.Reports[^1].Remaining);
    }

    private static LayerSensitivity Measure(LatentDiffusionModel model, SensitivityOptions options, IImageEncoder? encoder = null,
        PreparedExample[]? examples = null)
    {
        using var scope = NewDisposeScope();
        return new LayerSensitivityAnalysis(model, options, FusedKernels.Managed, encoder)
            .Run(examples ?? Examples(), null, TestContext.Current.CancellationToken);
    }

    private static PreparedExample[] Examples() => Examples(("photo", "oil"), ("artwork", "sks"), ("photo", "sks"), ("artwork", "oil"));

    /// <summary>Pictures of noise; one corner tells <see cref="MarkedStyle"/> the style.</summary>
    private static PreparedExample[] Examples(params (string Content, string Style)[] words)
    {
        using var generator = new Generator(5);
        return [.. words.Select(w =>
        {
            var picture = rand([1, 3, 32, 32], generator: generator).Mul(2).Sub(1);
            picture[0, 0, 0, 0] = w.Style == "oil" ? -1f : 1f;
            return new PreparedExample(picture, w.Content, w.Style);
        })];
    }

    /// <summary>Layers with more style than content, and with more of it than the average layer, by more than their spread.</summary>
    private static string[] AboveTheSpread(MeasureResult measure, LayerCatalog catalog) =>
        [.. catalog.CrossAttention.Where(l => measure.Scores[l.Index] is var s && s.Mean - Math.Max(0, measure.Scores.Average(a => a.Mean)) > s.Spread)
            .Select(l => l.Name)];

    private static string Best(LayerSensitivity result, LayerMeasure measure) =>
        result.Catalog.CrossAttention[Enumerable.Range(0, 16).MaxBy(i => result[measure].Scores[i].Mean)].Name;

    /// <summary>Knows the style of <see cref="Examples()"/> for certain.</summary>
    private sealed class MarkedStyle : IImageEncoder
    {
        public string Name => "marked style";

        public int Width => 2;

        public Tensor Encode(Tensor pictures) => stack([pictures[0, 0, 0, 0].Lt(0), pictures[0, 0, 0, 0].Gt(0)]).to(float32).unsqueeze(0);

        public void Dispose() { }
    }
}
