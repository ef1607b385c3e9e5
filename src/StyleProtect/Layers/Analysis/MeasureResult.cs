namespace StyleProtect.Layers.Analysis;

/// <summary>One measure of every layer.</summary>
/// <param name="Measure">The measure.</param>
/// <param name="Scores">A score for each layer, in the catalog's order.</param>
/// <param name="Stability">Kendall's τ between the rankings by the even and by the odd seeds; NaN with one seed.</param>
public sealed record MeasureResult(LayerMeasure Measure, IReadOnlyList<LayerScore> Scores, double Stability);

/// <summary>A layer's score in one measure.</summary>
/// <param name="Mean">Mean over prompts, seeds and timesteps.</param>
/// <param name="Spread">Standard deviation over them.</param>
/// <param name="ByTimestep">Mean at each of <see cref="LayerSensitivity.Timesteps"/>; empty for a measure that has no timestep.</param>
public sealed record LayerScore(double Mean, double Spread, IReadOnlyList<double> ByTimestep);

/// <summary>How alike two measures rank the layers.</summary>
/// <param name="First">One measure.</param>
/// <param name="Second">The other.</param>
/// <param name="Tau">Kendall's τ-b in [−1, 1]; NaN where a measure ranks all layers equal.</param>
public sealed record MeasureAgreement(LayerMeasure First, LayerMeasure Second, double Tau);
