using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Diffusion.Models.Layers;

/// <summary>Nearest-neighbour enlargement and a convolution.</summary>
internal sealed class Upsample2D : Module
{
    private readonly Conv2d _conv;

    internal Upsample2D(int channels) : base(nameof(Upsample2D)) =>
        register_module("conv", _conv = new Conv2d(channels, channels, 3, padding: 1));

    /// <param name="input">[N, C, H, W]</param>
    /// <param name="size">[height, width] of the result; null doubles both.</param>
    internal Tensor Forward(Tensor input, long[]? size = null)
    {
        using var scope = NewDisposeScope();
        var large = size is null
            ? functional.interpolate(input, scale_factor: [2, 2], mode: InterpolationMode.Nearest)
            : functional.interpolate(input, size: size, mode: InterpolationMode.Nearest);
        return _conv.forward(large).MoveToOuterDisposeScope();
    }
}
