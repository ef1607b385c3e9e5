using StyleProtect.Diffusion.Models.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Diffusion.Models.Blocks;

/// <summary>The U-Net's bottom: residual block, transformer, residual block.</summary>
internal sealed class UNetMidBlock2DCrossAttn : Module
{
    private readonly ResnetBlock2D _first;
    private readonly ResnetBlock2D _second;

    internal UNetMidBlock2DCrossAttn(int channels, int temb, int groups, double eps, TransformerShape transformer) : base(nameof(UNetMidBlock2DCrossAttn))
    {
        Attention = transformer.Create(channels, groups);
        register_module("attentions", NumberedModules.Of([Attention]));
        register_module(
            "resnets",
            NumberedModules.Of(
                [_first = new ResnetBlock2D(channels, channels, temb, groups, eps), _second = new ResnetBlock2D(channels, channels, temb, groups, eps)]));
    }

    internal Transformer2DModel Attention { get; }

    internal Tensor Forward(Tensor hidden, Tensor temb, Tensor context)
    {
        using var scope = NewDisposeScope();
        return _second.Forward(Attention.Forward(_first.Forward(hidden, temb), context), temb).MoveToOuterDisposeScope();
    }
}
