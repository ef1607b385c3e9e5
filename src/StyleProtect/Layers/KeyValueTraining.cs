using StyleProtect.Diffusion.Models;
using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Kernels;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace StyleProtect.Layers;

/// <summary>fp32 copies of the K and V weights of cross-attention layers that stand in for the frozen ones and are trained, until this is disposed.</summary>
internal class KeyValueTraining : IDisposable
{
    private readonly IFusedKernels _kernels;
    private readonly AdamWOptions _options;
    private readonly AdamWState _state;
    private readonly List<(string Name, Attention Layer)> _layers = [];
    private readonly List<Tensor> _parameters = [];

    internal KeyValueTraining(
        UNet2DConditionModel unet, IReadOnlyList<AttentionLayer> selected, double learningRate, IFusedKernels kernels, double weightDecay = 1e-2)
    {
        _kernels = kernels;
        _options = new AdamWOptions { LearningRate = learningRate, WeightDecay = weightDecay, MaxGradientNorm = 1 };
        var byName = unet.CrossAttentionLayers().ToDictionary(l => l.Name, l => l.Attention, StringComparer.Ordinal);
        // Checked before the first layer is touched: a constructor that throws is not disposed.
        if (selected.FirstOrDefault(l => byName[l.Name].KeyValueOverride is not null) is { } taken)
            throw new InvalidOperationException($"The layer {taken.Name} is already trained by another protection or analysis.");
        foreach (var layer in selected)
        {
            var attention = byName[layer.Name];
            var trained = new KeyValueOverride(Master(attention.Key.Weight), Master(attention.Value.Weight));
            attention.KeyValueOverride = trained;
            _layers.Add((layer.Name, attention));
            _parameters.Add(trained.Key);
            _parameters.Add(trained.Value);
        }

        _state = AdamWState.For(_parameters);
    }

    public long ParameterCount => _parameters.Sum(p => p.numel());

    /// <summary>The trained weights by diffusers' name, for tests and reports.</summary>
    internal IEnumerable<(string Name, Tensor Weight)> Weights =>
        _layers.SelectMany(l => new[] { ($"{l.Name}.to_k.weight", l.Layer.KeyValueOverride!.Key), ($"{l.Name}.to_v.weight", l.Layer.KeyValueOverride!.Value) });

    /// <summary>L2 norm of the gradient of each layer's K and V together, in the order of selection; the gradients are cleared.</summary>
    internal double[] TakeGradientNorms()
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        var norms = PerLayer(p => p.grad!);
        foreach (var p in _parameters) p.grad = null;
        return norms;
    }

    /// <summary>‖ΔW‖/‖W‖ of each layer's K and V together since training began, in the order of selection.</summary>
    internal double[] RelativeDrifts()
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        var frozenWeights = _layers.SelectMany(l => new[] { (Tensor)l.Layer.Key.Weight, l.Layer.Value.Weight }).Select(w => w.to(float32)).ToArray();
        var index = 0;
        var moved = PerLayer(p => p - frozenWeights[index++]);
        index = 0;
        var whole = PerLayer(_ => frozenWeights[index++]);
        return [.. moved.Zip(whole, (d, w) => d / Math.Max(w, 1e-12))];
    }

    /// <summary>One AdamW step with the gradients that backward passes have accumulated; clears them.</summary>
    public void OptimizerStep()
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        _kernels.AdamWStep(_parameters, [.. _parameters.Select(p => p.grad!.contiguous())], _state, _options);
        foreach (var p in _parameters) p.grad = null;
    }

    private double[] PerLayer(Func<Tensor, Tensor> of) =>
        [.. _parameters.Chunk(2).Select(pair => Math.Sqrt(pair.Sum(p => of(p).Square().sum().item<float>())))];

    public void Dispose()
    {
        foreach (var (_, layer) in _layers) layer.KeyValueOverride = null;
        foreach (var p in _parameters) p.Dispose();
        _state.Dispose();
    }

    /// <summary>A plain leaf: TorchSharp's Parameter leaves the shell of the tensor that it takes over in the count of live ones.</summary>
    private static Tensor Master(Parameter weight)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        return weight.detach().to(float32).clone().requires_grad_(true).DetachFromDisposeScope();
    }
}
