using TorchSharp.Modules;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Training;

/// <summary>The model's own weights: fp32 masters behind working weights of any type.</summary>
internal sealed class TrainedWeights : ITrained
{
    private readonly IReadOnlyList<Parameter> _weights;
    private readonly IReadOnlyList<Tensor> _originals;

    internal TrainedWeights(IReadOnlyList<Parameter> weights)
    {
        using var frozen = no_grad();
        _weights = weights;
        _originals = [.. weights.Select(w => w.detach().clone().DetachFromDisposeScope())];
        Masters = [.. weights.Select(w => w.detach().to(float32, copy: true).contiguous().DetachFromDisposeScope())];
        foreach (var weight in weights) weight.requires_grad_(true);
    }

    public IReadOnlyList<Tensor> Masters { get; }

    public IReadOnlyList<Tensor> Leaves => _weights;

    public void Publish()
    {
        for (var i = 0; i < _weights.Count; i++) _weights[i].copy_(Masters[i]);
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

        foreach (var tensor in _originals.Concat(Masters)) tensor.Dispose();
    }
}
