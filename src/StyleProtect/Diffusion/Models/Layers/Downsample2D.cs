using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Diffusion.Models.Layers;

/// <summary>A stride-2 convolution. With padding 0 (autoencoder) the input is padded by one pixel right and below first.</summary>
internal sealed class Downsample2D : Module<Tensor, Tensor>
{
    private readonly Conv2d _conv;
    private readonly bool _asymmetric;

    internal Downsample2D(int channels, int padding) : base(nameof(Downsample2D))
    {
        _asymmetric = padding == 0;
        register_module("conv", _conv = new Conv2d(channels, channels, 3, stride: 2, padding));
    }

    public override Tensor forward(Tensor input)
    {
        if (!_asymmetric) return _conv.forward(input);
        using var scope = NewDisposeScope();
        return _conv.forward(functional.pad(input, [0, 1, 0, 1])).MoveToOuterDisposeScope();
    }
}
