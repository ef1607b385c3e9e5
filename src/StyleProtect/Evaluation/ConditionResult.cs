using System.Text.Json.Serialization;
using StyleProtect.Metrics;

namespace StyleProtect.Evaluation;

/// <summary>What a mimic copied of the style under one condition and purifier, and what its pictures are like.</summary>
/// <param name="Condition">Name of the condition.</param>
/// <param name="Purifier">Name of the purifier; "none" for nothing.</param>
/// <param name="Gain">Style similarity above that of the model before it was trained, over seeds.</param>
/// <param name="Removed">
/// Share of the clean mimic's gain that is missing, paired by seed: 1 when nothing was copied, 0 when as much as from clean pictures. Null for the clean
/// control and where the
/// clean mimic copied nothing.
/// </param>
/// <param name="Diverged">Attacks that diverged; they are not in the metrics.</param>
public sealed record ConditionResult(string Condition, string Purifier, Estimate? Gain, Estimate? Removed, int Diverged)
{
    /// <summary>The values behind <see cref="Removed"/>, by seed; empty where that is null.</summary>
    public IReadOnlyDictionary<long, double> RemovedBySeed { get; init; } = new Dictionary<long, double>();

    /// <summary>Every metric by its key (<c>measures</c> in JSON); one without a value here is not among them.</summary>
    [JsonPropertyName("measures")]
    public IReadOnlyDictionary<string, MetricEstimate> Metrics { get; init; } = new Dictionary<string, MetricEstimate>();
}

/// <summary>One metric of a condition.</summary>
/// <param name="Value">Mean over seeds.</param>
/// <param name="Difference">Mean difference to the clean mimic of the same seed; null for that mimic and where it has no value.</param>
public sealed record MetricEstimate(Estimate Value, Estimate? Difference);

/// <summary>How much a condition changed the pictures that are published, against the originals.</summary>
/// <param name="Condition">Name of the condition.</param>
/// <param name="Metrics">The picture metrics, in the evaluation's order; one that is not defined for any of the pictures is not among them.</param>
public sealed record PublishedResult(string Condition, IReadOnlyList<PublishedMetric> Metrics);

/// <summary>A picture metric over the pictures of a condition.</summary>
/// <param name="Name">The metric's name (<see cref="IPictureMetric.Name"/>).</param>
/// <param name="Unit">The metric's unit; empty for none.</param>
/// <param name="HigherIsMoreSimilar">Whether a higher value means that a picture is more similar to its original.</param>
/// <param name="ByPicture">A value for each picture, in the artworks' order; null where the metric is not defined.</param>
public sealed record PublishedMetric(
    string Name, string Unit, bool HigherIsMoreSimilar,
    [property: JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)] IReadOnlyList<double?> ByPicture)
{
    /// <summary>Mean over the pictures that have a value. Infinite when one is: PSNR of a picture that is unchanged.</summary>
    [JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)]
    public double Mean => ByPicture.Average()!.Value;

    /// <summary>Value of the picture that is least similar to its original.</summary>
    [JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)]
    public double LeastSimilar => (HigherIsMoreSimilar ? ByPicture.Min() : ByPicture.Max())!.Value;

    /// <summary>Computes picture metrics of what a condition publishes.</summary>
    /// <exception cref="InvalidOperationException">A metric failed or gave NaN; the message names metric, condition and picture.</exception>
    internal static PublishedResult Of(
        string condition, IReadOnlyList<IPictureMetric> metrics, IReadOnlyList<Artworks.Artwork> originals, IReadOnlyList<Artworks.Artwork> published)
    {
        var pictures = originals.Select((o, i) => PictureMetrics.Compute(metrics, o, published[i], $"picture {i + 1} of the condition '{condition}'"))
            .ToArray();
        var results = metrics.Select(
            m => new PublishedMetric(m.Name, m.Unit, m.HigherIsMoreSimilar, [.. pictures.Select(p => p.TryGetValue(m.Name, out var v) ? v : (double?)null)]));
        return new PublishedResult(condition, [.. results.Where(r => r.ByPicture.Any(v => v is not null))]);
    }
}
