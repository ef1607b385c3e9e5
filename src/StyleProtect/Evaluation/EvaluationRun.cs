using System.Text.Json.Serialization;

namespace StyleProtect.Evaluation;

/// <summary>One attack of an evaluation, as its JSON file keeps it.</summary>
/// <param name="Condition">Name of the condition.</param>
/// <param name="Purifier">What the mimic did to the pictures first; "none" for nothing.</param>
/// <param name="Seed">Seed of the attack.</param>
/// <param name="Settings">
/// Hash of everything that the generated pictures depend on, the model's weights among it: a file with another hash is not taken over.
/// </param>
public sealed record EvaluationRun(string Condition, string Purifier, long Seed, string Settings)
{
    /// <summary>The purifier's name when there is none.</summary>
    public const string NoPurifier = "none";

    /// <summary>Whether the attack diverged; it has no pictures and no metrics then.</summary>
    public bool Diverged { get; init; }

    /// <summary>Time of the attack.</summary>
    public double Seconds { get; init; }

    /// <summary>Files of the generated pictures, beside the JSON file.</summary>
    public IReadOnlyList<string> Pictures { get; init; } = [];

    /// <summary>
    /// Hash of everything that the metrics depend on beside the pictures themselves: for another set of metrics the pictures are measured again, and not
    /// generated again.
    /// </summary>
    public string MeasuredBy { get; init; } = "";

    /// <summary>Values by the metrics' keys (<c>measures</c> in JSON); a metric that has no value here is not among them.</summary>
    [JsonPropertyName("measures")]
    public IReadOnlyDictionary<string, double> Metrics { get; init; } = new Dictionary<string, double>();

    /// <summary>Cosine of the mean embeddings of the artist's pictures and of the generated ones; null when the attack diverged.</summary>
    [JsonIgnore]
    public double? StyleSimilarity => Metrics.TryGetValue(Evaluation.Metrics.StyleSimilarity.Key, out var value) ? value : null;
}
