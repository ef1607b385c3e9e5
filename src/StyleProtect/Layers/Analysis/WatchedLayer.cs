namespace StyleProtect.Layers.Analysis;

/// <summary>What one cross-attention layer did in one pass.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="TokenMass">Share of the attention that each token of the prompt got, mean over heads and pixels; sums to 1. Where words are: <see cref="LayerWatch.PositionsOf"/>.</param>
/// <param name="Norm">L2 norm of its output.</param>
/// <param name="Pooled">Its output, mean over pixels; one number a channel.</param>
/// <param name="Map">Token masses by region of the picture, row by row; null unless asked for.</param>
public sealed record WatchedLayer(AttentionLayer Layer, IReadOnlyList<float> TokenMass, double Norm, IReadOnlyList<float> Pooled, IReadOnlyList<IReadOnlyList<float>>? Map);
