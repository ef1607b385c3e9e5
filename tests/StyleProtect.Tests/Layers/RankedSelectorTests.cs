using StyleProtect.Layers;
using StyleProtect.Layers.Analysis;
using Xunit;

namespace StyleProtect.Tests.Layers;

/// <summary>What the selectors that measure make of a measurement.</summary>
public sealed class RankedSelectorTests
{
    // Layer c is second in everything and has the best mean rank; each of the others is first in one measure.
    private static readonly Dictionary<LayerMeasure, double[]> s_scores = new()
    {
        [LayerMeasure.Style] = [9, 1, 8, 2, 3],
        [LayerMeasure.Response] = [-3, 9, 8, -2, -1],
        [LayerMeasure.Gradient] = [1e-9, 1e-8, 5e-3, 9e-3, 1e-7],
        [LayerMeasure.Drift] = [0.1, 0.2, 0.4, 0.3, 0.9],
    };

    private static readonly LayerCatalog s_catalog = new(
        "toy", [.. "abcde".Select((name, i) => new AttentionLayer($"{name}.attn2", i, 1, 8, 2, 100 * (i + 1)))]);

    [Theory]
    [InlineData("topk:style:2", "ac")]
    [InlineData("topk:response:1", "b")]
    [InlineData("topk:drift:3", "cde")]
    [InlineData("topk:gradient:5", "abcde")]
    [InlineData("ensemble:1", "c")]
    [InlineData("ensemble:3", "cde")] // mean ranks: a 4, b 3.5, c 2, d 3, e 2.5
    [InlineData("budget:300", "c")] // d and e do not fit any more, and neither does b
    [InlineData("budget:400", "ac")] // what is left over goes to a, the only one that fits
    [InlineData("budget:250", "b")] // neither c nor d nor e fits; b is ahead of a and leaves no room for it
    public async Task The_best_layers_are_taken(string text, string layers)
    {
        var meter = new PlannedMeter();
        var selection = await LayerSelectors.Parse(text).SelectAsync(
            new LayerSelectionContext(s_catalog) { Meter = meter }, TestContext.Current.CancellationToken);
        Assert.Equal(layers, string.Concat(selection.Layers.Select(l => l.Name[0])));
        Assert.Equal(text.StartsWith("topk", StringComparison.Ordinal) ? 1 : 4, Assert.Single(meter.Asked).Count);
    }

    [Theory]
    [InlineData("topk:style:6", "6 layers were asked for and the model has 5")]
    [InlineData("ensemble:6", "6 layers were asked for and the model has 5")]
    [InlineData("budget:99", "the smallest has 100")]
    public async Task What_cannot_be_taken_is_refused(string text, string reason)
    {
        var e = await Assert.ThrowsAsync<LayerSelectionException>(async () =>
            await LayerSelectors.Parse(text).SelectAsync(
                new LayerSelectionContext(s_catalog) { Meter = new PlannedMeter() }, TestContext.Current.CancellationToken));
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
    }

    private sealed class PlannedMeter : ISensitivityMeter
    {
        internal List<IReadOnlyList<LayerMeasure>> Asked { get; } = [];

        public Task<LayerSensitivity> MeasureAsync(IReadOnlyList<LayerMeasure> measures, CancellationToken cancellationToken = default)
        {
            Asked.Add(measures);
            return Task.FromResult(new LayerSensitivity
            {
                Catalog = s_catalog,
                Measures = [.. measures.Select(m => new MeasureResult(m, [.. s_scores[m].Select(s => new LayerScore(s, 1, []))], double.NaN))],
                Skipped = new Dictionary<LayerMeasure, string>(),
                Agreements = [],
                Timesteps = [],
                StyleResponse = [],
                ContentResponse = [],
            });
        }
    }
}
