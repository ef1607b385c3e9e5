using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Layers.Analysis;

/// <summary>
/// Watches cross-attention layers until it is disposed: token masses through <see cref="IFusedKernels.CrossAttention"/>, whose managed and CUDA forms never
/// hold a full attention map, and what the layer would give for other texts. The watched pass itself is not changed; after it, <see cref="Last"/> says what the
/// layers did, whether the pass belongs to a real picture's noised latents or to sampling (<see cref="SamplingProbe"/>).
/// </summary>
internal sealed class ActivationProbe : IDisposable
{
    private readonly IReadOnlyList<Attention> _layers;
    private readonly IFusedKernels _kernels;
    private readonly int _mapSide;
    private readonly LayerActivation?[] _last;

    /// <param name="mapSide">
    /// Side of the token masses' maps in regions, for square pictures; a smaller feature map has one region a position. 0 for none.
    /// </param>
    internal ActivationProbe(IReadOnlyList<Attention> layers, IFusedKernels kernels, int mapSide = 0)
    {
        if (layers.Any(l => l.Captured is not null)) throw new InvalidOperationException("A layer is already watched by another probe.");
        (_layers, _kernels, _mapSide, _last) = (layers, kernels, mapSide, new LayerActivation?[layers.Count]);
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
        var output = pass.Output.detach().to(float32);
        var norm = NormOf(output);
        var changes = OtherTexts.Select(text => Values(
            NormOf(layer.Attend(q, text.expand(q.shape[0], -1, -1)).to(float32) - output) / norm.Clamp(min: 1e-12))).ToArray();
        return new LayerActivation(Masses(q, k, v), Values(norm), Rows(output.mean([1L])), changes, _mapSide > 0 ? Maps(q, k, v) : null);
    }

    private float[][] Masses(Tensor q, Tensor k, Tensor v)
    {
        var capture = new Kernels.AttentionCapture();
        _kernels.CrossAttention(q, k, v, 1 / Math.Sqrt(q.shape[3]), capture);
        return Rows(capture.TokenMass!);
    }

    /// <summary>A call a region: the queries of a region are the pixels in it.</summary>
    private float[][][] Maps(Tensor q, Tensor k, Tensor v)
    {
        long positions = q.shape[2], side = (long)Math.Sqrt(positions), regions = Math.Min(_mapSide, side);
        if (side * side != positions) throw new InvalidOperationException($"Maps are for square pictures; a feature map of {positions} positions is none.");
        var pixels = q.reshape(q.shape[0], q.shape[1], side, side, q.shape[3]);
        var maps = new List<float[][]>();
        for (var row = 0; row < regions; row++)
            for (var column = 0; column < regions; column++)
                maps.Add(Masses(Part(Part(pixels, 2, row), 3, column).flatten(2, 3), k, v));
        return [.. Enumerable.Range(0, (int)q.shape[0]).Select(n => maps.Select(m => m[n]).ToArray())];

        Tensor Part(Tensor t, int dimension, int index) =>
            t.narrow(dimension, index * side / regions, ((index + 1) * side / regions) - (index * side / regions));
    }

    private static Tensor NormOf(Tensor output) => output.Square().sum([1L, 2L]).sqrt();

    private static float[] Values(Tensor t) => t.cpu().contiguous().data<float>().ToArray();

    private static float[][] Rows(Tensor t) => [.. Values(t).Chunk((int)t.shape[1])];
}
