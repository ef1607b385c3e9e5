using StyleProtect.Diffusion.Models;
using static TorchSharp.torch;

namespace StyleProtect.Protection.Objectives;

/// <summary>
/// The views of a step, and what is only computed when an objective asks for it: the views as a leaf of the graph, the original views, their moments.
/// </summary>
internal sealed class ViewBatch : IDisposable
{
    private readonly Func<Tensor>? _originals;
    private readonly Func<Tensor, DiagonalGaussian>? _encode;
    private readonly (ViewBatch Whole, long Start, long Length)? _part;
    private Tensor? _leaf, _originalViews;
    private DiagonalGaussian? _originalPosterior;

    /// <param name="views">[N, 3, H, W] in [−1, 1], fp32; the caller's.</param>
    /// <param name="originals">Makes the original views; null where no objective will ask.</param>
    /// <param name="encode">Pictures to the distribution of their latents, without a graph; null where no objective will ask.</param>
    internal ViewBatch(Tensor views, Func<Tensor>? originals = null, Func<Tensor, DiagonalGaussian>? encode = null) =>
        (Views, _originals, _encode) = (views, originals, encode);

    private ViewBatch(ViewBatch whole, long start, long length)
    {
        (_part, Views, Step, Weight) = ((whole, start, length), whole.Views.narrow(0, start, length), whole.Step, whole.Weight);
    }

    /// <summary>The step, from 0.</summary>
    internal int Step { get; init; }

    /// <summary>Share of the step's objective: below 1 where a step has views of several sizes.</summary>
    internal double Weight { get; init; } = 1;

    internal Tensor Views { get; }

    internal long Count => Views.shape[0];

    /// <summary>The views as a leaf that collects gradients.</summary>
    internal Tensor Leaf => _leaf ??= Views.detach().requires_grad_(true).DetachFromDisposeScope();

    /// <summary>The leaf's gradient; null where nothing was computed from it.</summary>
    internal Tensor? LeafGradient => _leaf?.grad;

    internal Tensor OriginalViews => _part is var (whole, start, length)
        ? whole.OriginalViews.narrow(0, start, length)
        : _originalViews ??= Frozen(_originals ?? throw new InvalidOperationException("This step has no original views."));

    internal DiagonalGaussian OriginalPosterior
    {
        get
        {
            if (_part is var (whole, start, length))
                return new(whole.OriginalPosterior.Moments.narrow(0, start, length), whole.OriginalPosterior.IsDeterministic);
            if (_originalPosterior is { } kept) return kept;
            var encode = _encode ?? throw new InvalidOperationException("This step has no original views.");
            var deterministic = false;
            var moments = Frozen(() =>
            {
                var posterior = encode(OriginalViews);
                deterministic = posterior.IsDeterministic;
                return posterior.Moments;
            });
            return _originalPosterior = new(moments, deterministic);
        }
    }

    /// <summary>Some of the views; the whole keeps what they share.</summary>
    internal ViewBatch Narrow(long start, long length) => new(this, start, length);

    /// <summary>Forgets the leaf's gradient.</summary>
    internal void ClearGradient()
    {
        if (_leaf is not null) _leaf.grad = null;
    }

    public void Dispose()
    {
        ClearGradient();
        foreach (var tensor in (Tensor?[])[_leaf, _originalViews, _originalPosterior?.Moments]) tensor?.Dispose();
    }

    // Kept over the micro-batches and samples of a step, which have dispose scopes of their own.
    private static Tensor Frozen(Func<Tensor> make)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        return make().DetachFromDisposeScope();
    }
}
