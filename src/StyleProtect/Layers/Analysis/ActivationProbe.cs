using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Layers.Analysis;

/// <summary>
/// Watches cross-attention layers until it is disposed: token masses through <see cref="IFusedKernels.CrossAttention"/>, whose managed and CUDA forms never hold a
/// full attention map, and what the layer would give for other texts. The watched pass itself is not changed.
/// </summary>
internal sealed class ActivationProbe : IDisposable
{
    private readonly IReadOnlyList<Attention> _layers;
    private readonly IFusedKernels _kernels;
    private readonly LayerActivation?[] _last;

    internal ActivationProbe(IReadOnlyList<Attention> layers, IFusedKernels kernels)
    {
        if (layers.Any(l => l.Captured is not null)) throw new InvalidOperationException("A layer is already watched by another probe.");
        (_layers, _kernels, _last) = (layers, kernels, new LayerActivation?[layers.Count]);
        for (var i = 0; i < layers.Count; i++)
        {
            var index = i;
            layers[i].Captured = pass => _last[index] = Look(layers[index], pass);
        }
    }

    /// <summary>Texts [1, T, D] that the next passes are compared with.</summary>
    internal IReadOnlyList<Tensor> OtherTexts { get; set; } = [];

    /// <summary>What the layers did in the last pass, in their order.</summary>
    internal IReadOnlyList<LayerActivation> Last =>
        [.. _last.Select(a => a ?? throw new InvalidOperationException("A watched layer has not been run yet."))];

    public void Dispose()
    {
        foreach (var layer in _layers) layer.Captured = null;
    }

    private LayerActivation Look(Attention layer, Diffusion.Models.Layers.AttentionCapture pass)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        var (q, k, v) = (pass.Query.detach(), pass.Key.detach(), pass.Value.detach());
        var capture = new Kernels.AttentionCapture();
        _kernels.CrossAttention(q, k, v, 1 / Math.Sqrt(q.shape[3]), capture);
        var output = pass.Output.detach().to(float32);
        var norm = NormOf(output);
        var changes = OtherTexts.Select(text => Values(
            NormOf(layer.Attend(q, text.expand(q.shape[0], -1, -1)).to(float32) - output) / norm.Clamp(min: 1e-12))).ToArray();
        return new LayerActivation(Rows(capture.TokenMass!), Values(norm), Rows(output.mean([1L])), changes);
    }

    private static Tensor NormOf(Tensor output) => output.Square().sum([1L, 2L]).sqrt();

    private static float[] Values(Tensor t) => t.cpu().contiguous().data<float>().ToArray();

    private static float[][] Rows(Tensor t) => [.. Values(t).Chunk((int)t.shape[1])];
}
