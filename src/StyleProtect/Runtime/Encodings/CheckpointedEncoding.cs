using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Models;
using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Runtime.Encodings;

/// <summary>
/// An encoding that keeps only what enters each segment (activation checkpointing, arXiv 1604.06174). On the way back a segment is computed again with a graph,
/// from the last to the first. The same operations on the same values, so the same gradient; one more pass forward.
/// </summary>
internal sealed class CheckpointedEncoding : IEncoding
{
    private readonly IReadOnlyList<IReadOnlyList<Func<Tensor, Tensor>>> _segments;
    private readonly List<Tensor> _boundaries = [];

    internal CheckpointedEncoding(LatentAutoencoder autoencoder, Tensor pictures, EncoderGraph graph, CancellationToken cancellationToken = default)
    {
        using var frozen = no_grad();
        _segments = SegmentsOf(autoencoder.Network, graph);
        var x = TensorLayout.ChannelsLast(pictures.to(autoencoder.WeightType));
        foreach (var segment in _segments)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _boundaries.Add(x);
            x = Encoder.Run(x, segment);
        }

        Moments = x.to(float32);
    }

    public Tensor Moments { get; }

    /// <summary>Segments of a model's encoder.</summary>
    internal static IReadOnlyList<IReadOnlyList<Func<Tensor, Tensor>>> SegmentsOf(IAutoencoder autoencoder, EncoderGraph graph) => graph switch
    {
        EncoderGraph.CheckpointLevels => autoencoder.EncoderLevels,
        EncoderGraph.CheckpointBlocks => [.. autoencoder.EncoderLevels.SelectMany(l => l).Select(stage => (IReadOnlyList<Func<Tensor, Tensor>>)[stage])],
        _ => throw new ArgumentOutOfRangeException(nameof(graph), graph, "A graph that is kept has no segments."),
    };

    public Tensor VectorJacobianProduct(Tensor gradient, CancellationToken cancellationToken = default)
    {
        using var scope = NewDisposeScope();
        var g = gradient.to(_boundaries[0].dtype);
        for (var i = _segments.Count - 1; i >= 0; i--)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var inner = NewDisposeScope();
            var input = _boundaries[i].detach().requires_grad_(true);
            (Encoder.Run(input, _segments[i]) * g).sum().backward();
            BackwardFaults.ThrowIfAny();
            g.Dispose();
            _boundaries[i].Dispose();
            g = input.grad!.MoveToOuterDisposeScope();
        }

        return g.to(float32).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        Moments.Dispose();
        foreach (var boundary in _boundaries) boundary.Dispose();
    }
}
