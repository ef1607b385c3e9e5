using StyleProtect.Kernels;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace StyleProtect.Attacks.Mimicry;

/// <summary>
/// Weights of a loaded model under training: fp32 masters behind working weights of any type, AdamW over all at once.
/// Disposing puts the model's own weights back, bit for bit.
/// </summary>
internal sealed class TrainedWeights : IDisposable
{
    private readonly IReadOnlyList<Parameter> _weights;
    private readonly IReadOnlyList<Tensor> _originals;
    private readonly IReadOnlyList<Tensor> _masters;
    private readonly AdamWState _state;
    private readonly IFusedKernels _kernels;
    private readonly AdamWOptions _options;

    internal TrainedWeights(IReadOnlyList<Parameter> weights, double learningRate)
    {
        using var frozen = no_grad();
        _weights = weights;
        _kernels = FusedKernels.For(weights[0].device);
        _options = new AdamWOptions { LearningRate = learningRate, MaxGradientNorm = 1 };
        _originals = [.. weights.Select(w => w.detach().clone().DetachFromDisposeScope())];
        _masters = [.. weights.Select(w => w.detach().to(float32, copy: true).contiguous().DetachFromDisposeScope())];
        _state = AdamWState.For(_masters);
        foreach (var weight in weights) weight.requires_grad_(true);
    }

    internal long Count => _weights.Sum(w => w.numel());

    /// <summary>One AdamW step from the gradients of the weights, which are cleared.</summary>
    internal void Step()
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        _kernels.AdamWStep(_masters, [.. _weights.Select(w => (w.grad is { } g ? g.to(float32) : zeros_like(w, float32)).contiguous())], _state, _options);
        for (var i = 0; i < _weights.Count; i++)
        {
            _weights[i].copy_(_masters[i]);
            _weights[i].grad = null;
        }
    }

    public void Dispose()
    {
        using var frozen = no_grad();
        for (var i = 0; i < _weights.Count; i++)
        {
            _weights[i].grad = null;
            _weights[i].requires_grad_(false);
            _weights[i].copy_(_originals[i]);
        }

        foreach (var tensor in _originals.Concat(_masters)) tensor.Dispose();
        _state.Dispose();
    }
}
