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
        Masters = [.. weights.Select(Master)];
        foreach (var weight in weights) weight.requires_grad_(true);
    }

    private static Tensor Master(Parameter weight)
    {
        using var scope = NewDisposeScope(); // the copy that is not contiguous yet goes at once
        return weight.detach().to(float32, copy: true).contiguous().DetachFromDisposeScope();
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
