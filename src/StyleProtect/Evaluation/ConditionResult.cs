namespace StyleProtect.Evaluation;

/// <summary>What a mimic copied of the style under one condition and purifier, and what its pictures are like.</summary>
/// <param name="Condition">Name of the condition.</param>
/// <param name="Purifier">Name of the purifier; "none" for nothing.</param>
/// <param name="Gain">Style similarity above that of the model before it was trained, over seeds.</param>
/// <param name="Removed">Share of the clean mimic's gain that is missing, paired by seed: 1 when nothing was copied, 0 when as much as from clean pictures. Null for the clean control and where the clean mimic copied nothing.</param>
/// <param name="Diverged">Attacks that diverged; they are not in the figures.</param>
public sealed record ConditionResult(string Condition, string Purifier, Estimate? Gain, Estimate? Removed, int Diverged)
{
    /// <summary>The values behind <see cref="Removed"/>, by seed; empty where that is null.</summary>
    public IReadOnlyDictionary<long, double> RemovedBySeed { get; init; } = new Dictionary<long, double>();

    /// <summary>Every measure by its key; one without a figure here is not among them.</summary>
    public IReadOnlyDictionary<string, MeasureEstimate> Measures { get; init; } = new Dictionary<string, MeasureEstimate>();
}
