namespace StyleProtect.Evaluation;

/// <summary>One measure of a condition.</summary>
/// <param name="Value">Mean over seeds.</param>
/// <param name="Difference">Mean difference to the clean mimic of the same seed; null for that mimic and where it has no figure.</param>
public sealed record MeasureEstimate(Estimate Value, Estimate? Difference);
