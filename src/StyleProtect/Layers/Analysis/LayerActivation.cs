namespace StyleProtect.Layers.Analysis;

/// <summary>What one layer did in one pass; N is the batch.</summary>
/// <param name="TokenMass">[N][T]: share of the attention that each token got, mean over heads and pixels; a row sums to 1.</param>
/// <param name="Norm">[N]: L2 norm of the layer's output.</param>
/// <param name="Pooled">[N][C]: the layer's output, mean over pixels.</param>
/// <param name="Changes">For each other text, [N]: ‖Δoutput‖/‖output‖ with the same queries.</param>
/// <param name="Maps">[N][R][T]: the token masses in each of R = s × s regions of the feature map, row by row; null unless asked for.</param>
internal sealed record LayerActivation(float[][] TokenMass, float[] Norm, float[][] Pooled, IReadOnlyList<float[]> Changes, float[][][]? Maps = null)
{
    /// <summary>The last rows of the batch alone: of a guided pass, those of the prompts.</summary>
    internal LayerActivation Last(int count) =>
        new(TokenMass[^count..], Norm[^count..], Pooled[^count..], [.. Changes.Select(c => c[^count..])], Maps?[^count..]);
}

/// <summary>What the layers did in one step of sampling.</summary>
/// <param name="Timestep">The step's timestep.</param>
/// <param name="Layers">Each layer, with one row a prompt: of a guided step only the prompts' half.</param>
internal sealed record SampledPass(double Timestep, IReadOnlyList<LayerActivation> Layers);
