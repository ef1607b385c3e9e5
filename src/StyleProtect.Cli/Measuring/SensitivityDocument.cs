using System.Text.RegularExpressions;
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

    private static MeasuredLayer Layer(LayersDocument.Layer layer, LayerSensitivity result)
    {
        var scores = result.Measures.ToDictionary(m => LayerMeasures.NameOf(m.Measure), m => Score(m, layer.Index), StringComparer.Ordinal);
        return new MeasuredLayer(
            layer.Index, layer.Name, layer.InPaperSet, result.StyleResponse[layer.Index], result.ContentResponse[layer.Index],
                scores.Values.Average(s => s.Rank), scores);
    }

    private static MeasuredScore Score(MeasureResult measure, int layer)
    {
        var score = measure.Scores[layer];
        return new MeasuredScore(score.Mean, score.Spread, 1 + measure.Scores.Count(s => s.Mean > score.Mean), score.ByTimestep);
    }
}

/// <summary>Kendall's τ between the rankings of two measures.</summary>
internal sealed record MeasuredAgreement(string First, string Second, double Tau);

/// <summary>A layer's score in one measure; rank 1 is the highest.</summary>
internal sealed record MeasuredScore(double Mean, double Spread, int Rank, IReadOnlyList<double> ByTimestep);

/// <summary>One layer of a <see cref="SensitivityDocument"/>.</summary>
/// <param name="Index">Position in name order.</param>
/// <param name="Name">diffusers' name.</param>
/// <param name="InPaperSet">Whether it is one of the paper's four.</param>
/// <param name="StyleResponse">Mean relative change of its output with other style words.</param>
/// <param name="ContentResponse">The same with other content words.</param>
/// <param name="MeanRank">Mean of its ranks in the measures, 1 is the highest.</param>
/// <param name="Scores">By measure.</param>
internal sealed partial record MeasuredLayer(
    int Index, string Name, bool InPaperSet, double StyleResponse, double ContentResponse, double MeanRank, IReadOnlyDictionary<string, MeasuredScore> Scores)
{
    /// <summary>A name that fits into a plot: <c>up 1.0</c>, <c>mid</c>, <c>up 0.1 · 7</c> (the seventh of several in a transformer, from 0).</summary>
    internal string Label => Parts().Match(Name) is { Success: true } m
        ? (m.Groups["level"].Success ? $"{m.Groups["way"]} {m.Groups["level"]}.{m.Groups["transformer"]}" : "mid") +
            (m.Groups["block"].Value is "0" ? "" : $" · {m.Groups["block"]}")
        : Name;

    [GeneratedRegex(@"^((?<way>down|up)_blocks\.(?<level>\d+)|mid_block)\.attentions\.(?<transformer>\d+)\.transformer_blocks\.(?<block>\d+)\.attn2$",
        RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Parts();
}
