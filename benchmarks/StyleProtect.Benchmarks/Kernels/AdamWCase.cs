using StyleProtect.Kernels;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace StyleProtect.Benchmarks.Kernels;

/// <summary>AdamW with clipping over K and V of the paper's four layers of SD 1.5: 6,881,280 weights in 8 matrices.</summary>
internal sealed class AdamWCase : IDisposable
{
    private readonly Tensor[] _weights;
    private readonly Tensor[] _gradients;
    private readonly Parameter[] _parameters;
    private readonly AdamWState _state;
    private readonly optim.Optimizer _optimizer;
    private readonly AdamWOptions _options = new() { LearningRate = 1e-5, MaxGradientNorm = 1 };

    internal AdamWCase()
    {
        _weights = [.. ((int[])[1280, 1280, 1280, 640]).SelectMany(w => new[] { randn(w, 768), randn(w, 768) })];
        _gradients = [.. _weights.Select(w => randn_like(w))];
        _parameters = [.. _weights.Select(w => nn.Parameter(w.clone()))];
        for (var i = 0; i < _parameters.Length; i++) _parameters[i].grad = _gradients[i].clone();
        _state = AdamWState.For(_weights);
        _optimizer = optim.AdamW(_parameters, lr: 1e-5);
    }

    internal void Fused(IFusedKernels kernels) => kernels.AdamWStep(_weights, _gradients, _state, _options);

    /// <summary>torch's optimizer after torch's clipping.</summary>
    internal void Torch()
    {
        using var scope = NewDisposeScope();
        nn.utils.clip_grad_norm_(_parameters, 1);
        _optimizer.step();
    }

    public void Dispose()
    {
        foreach (var t in _weights.Concat(_gradients).Concat(_parameters)) t.Dispose();
        _state.Dispose();
        _optimizer.Dispose();
    }
}
