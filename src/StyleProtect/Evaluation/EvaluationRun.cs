namespace StyleProtect.Evaluation;

/// <summary>One attack of an evaluation, as its JSON file keeps it.</summary>
/// <param name="Condition">Name of the condition.</param>
/// <param name="Purifier">What the mimic did to the pictures first; "none" for nothing.</param>
/// <param name="Seed">Seed of the attack.</param>
/// <param name="Settings">Hash of everything that the result depends on: a file with another hash is not taken over.</param>
/// <param name="StyleSimilarity">Cosine of the mean embeddings of the artist's pictures and of the generated ones; null when the attack diverged.</param>
/// <param name="Seconds">Time of the attack.</param>
/// <param name="Pictures">Files of the generated pictures, beside the JSON file.</param>
public sealed record EvaluationRun(
    string Condition, string Purifier, long Seed, string Settings, double? StyleSimilarity, double Seconds, IReadOnlyList<string> Pictures)
{
    /// <summary>The purifier's name when there is none.</summary>
    public const string NoPurifier = "none";
}
