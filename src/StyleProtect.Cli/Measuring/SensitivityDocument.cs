using StyleProtect.Cli.Reporting;
using StyleProtect.Layers.Analysis;

namespace StyleProtect.Cli.Measuring;

/// <summary>What <c>layers --pictures --json</c> prints.</summary>
internal sealed record SensitivityDocument
{
    public string Schema { get; } = "styleprotect.layer-sensitivity/1";

    public required string Model { get; init; }

    public required string Kind { get; init; }

    public required int Pictures { get; init; }

    public required IReadOnlyList<int> Timesteps { get; init; }

    /// <summary>The measures that were taken, in the order of the columns.</summary>
    public required IReadOnlyList<string> Measures { get; init; }

    public required IReadOnlyDictionary<string, string> Skipped { get; init; }

    /// <summary>Kendall's τ of each measure between the halves of the seeds.</summary>
    public required IReadOnlyDictionary<string, double> Stability { get; init; }

    public required IReadOnlyList<MeasuredAgreement> Agreements { get; init; }

    public required IReadOnlyList<MeasuredLayer> Layers { get; init; }

    internal static SensitivityDocument Create(LayersDocument catalog, LayerSensitivity result, int pictures) => new()
    {
        Model = catalog.Model,
        Kind = catalog.Kind,
        Pictures = pictures,
        Timesteps = result.Timesteps,
        Measures = [.. result.Measures.Select(m => LayerMeasures.NameOf(m.Measure))],
        Skipped = result.Skipped.ToDictionary(s => LayerMeasures.NameOf(s.Key), s => s.Value, StringComparer.Ordinal),
        Stability = result.Measures.ToDictionary(m => LayerMeasures.NameOf(m.Measure), m => m.Stability, StringComparer.Ordinal),
        Agreements = [.. result.Agreements.Select(a => new MeasuredAgreement(LayerMeasures.NameOf(a.First), LayerMeasures.NameOf(a.Second), a.Tau))],
        Layers = [.. catalog.Layers.Select(l => Layer(l, result))],
    };

    private static MeasuredLayer Layer(LayerRow layer, LayerSensitivity result)
    {
        var scores = result.Measures.ToDictionary(m => LayerMeasures.NameOf(m.Measure), m => Score(m, layer.Index), StringComparer.Ordinal);
        return new MeasuredLayer(
            layer.Index, layer.Name, layer.InPaperSet, result.StyleResponse[layer.Index], result.ContentResponse[layer.Index], scores.Values.Average(s => s.Rank), scores);
    }

    private static MeasuredScore Score(MeasureResult measure, int layer)
    {
        var score = measure.Scores[layer];
        return new MeasuredScore(score.Mean, score.Spread, 1 + measure.Scores.Count(s => s.Mean > score.Mean), score.ByTimestep);
    }
}
