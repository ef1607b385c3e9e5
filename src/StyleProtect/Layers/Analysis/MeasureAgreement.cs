namespace StyleProtect.Layers.Analysis;

/// <summary>How alike two measures rank the layers.</summary>
/// <param name="First">One measure.</param>
/// <param name="Second">The other.</param>
/// <param name="Tau">Kendall's τ-b in [−1, 1]; NaN where a measure ranks all layers equal.</param>
public sealed record MeasureAgreement(LayerMeasure First, LayerMeasure Second, double Tau);
