using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Diffusion.Models.Layers;

/// <summary>Layer normalisation over the last dimension, with affine weights.</summary>
internal sealed class LayerNorm : Module<Tensor, Tensor>
{
    private readonly double _eps;
    private readonly long[] _shape;

    internal LayerNorm(int features, double eps = 1e-5) : base(nameof(LayerNorm))
    {
        _shape = [features];
        _eps = eps;
        register_parameter("weight", Weight = WeightFactory.Create(features));
        register_parameter("bias", Bias = WeightFactory.Create(features));
    }

    internal Parameter Weight { get; }

    internal Parameter Bias { get; }

    public override Tensor forward(Tensor input) => functional.layer_norm(input, _shape, Weight, Bias, _eps);
}
