namespace StyleProtect.Layers.Analysis;

/// <summary>What one layer did in one pass; N is the batch.</summary>
/// <param name="TokenMass">[N][T]: share of the attention that each token got, mean over heads and pixels; a row sums to 1.</param>
/// <param name="Norm">[N]: L2 norm of the layer's output.</param>
/// <param name="Pooled">[N][C]: the layer's output, mean over pixels.</param>
/// <param name="Changes">For each other text, [N]: ‖Δoutput‖/‖output‖ with the same queries.</param>
internal sealed record LayerActivation(float[][] TokenMass, float[] Norm, float[][] Pooled, IReadOnlyList<float[]> Changes);
