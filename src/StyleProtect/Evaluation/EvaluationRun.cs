namespace StyleProtect.Evaluation;

/// <summary>One attack of an evaluation, as its JSON file keeps it.</summary>
/// <param name="Condition">Name of the condition.</param>
/// <param name="Purifier">What the mimic did to the pictures first; "none" for nothing.</param>
/// <param name="Seed">Seed of the attack.</param>
/// <param name="Settings">Hash of everything that the painted pictures depend on, the model's weights among it: a file with another hash is not taken over.</param>
public sealed record EvaluationRun(string Condition, string Purifier, long Seed, string Settings)
{
    /// <summary>The purifier's name when there is none.</summary>
    public const string NoPurifier = "none";

    /// <summary>Whether the attack diverged; it has no pictures and no figures then.</summary>
    public bool Diverged { get; init; }

    /// <summary>Time of the attack.</summary>
    public double Seconds { get; init; }

    /// <summary>Files of the painted pictures, beside the JSON file.</summary>
    public IReadOnlyList<string> Pictures { get; init; } = [];

    /// <summary>Hash of everything that the figures depend on beside the pictures themselves: under other measures the pictures are measured again, and not painted again.</summary>
    public string MeasuredBy { get; init; } = "";

    /// <summary>The figures by the measures' keys; a measure that says nothing here is not among them.</summary>
    public IReadOnlyDictionary<string, double> Measures { get; init; } = new Dictionary<string, double>();

    /// <summary>Cosine of the mean embeddings of the artist's pictures and of the painted ones; null when the attack diverged.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public double? StyleSimilarity => Measures.TryGetValue(Evaluation.Measures.StyleSimilarity.Key, out var value) ? value : null;
}
