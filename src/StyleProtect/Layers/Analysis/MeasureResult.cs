namespace StyleProtect.Layers.Analysis;

/// <summary>One measure of every layer.</summary>
/// <param name="Measure">The measure.</param>
/// <param name="Scores">A score for each layer, in the catalog's order.</param>
/// <param name="Stability">Kendall's τ between the rankings by the even and by the odd seeds; NaN with one seed.</param>
public sealed record MeasureResult(LayerMeasure Measure, IReadOnlyList<LayerScore> Scores, double Stability);
