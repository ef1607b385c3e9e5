using StyleProtect.Diffusion.Models.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Diffusion.Models.Blocks;

/// <summary>The U-Net's bottom: residual block, transformer, residual block; or one residual block alone.</summary>
/// <remarks>diffusers' UNetMidBlock2DCrossAttn, and UNetMidBlock2D as a U-Net has it.</remarks>
internal sealed class UNetMidBlock2DCrossAttn : Module
{
    private readonly ResnetBlock2D _first;
    private readonly ResnetBlock2D? _second;

    /// <param name="transformer">Null for the residual block alone.</param>
    internal UNetMidBlock2DCrossAttn(int channels, int temb, int groups, double eps, TransformerShape? transformer) : base(nameof(UNetMidBlock2DCrossAttn))
    {
        _first = new ResnetBlock2D(channels, channels, temb, groups, eps);
        if (transformer is { } shape)
        {
            Attentions = [shape.Create(channels, groups)];
            _second = new ResnetBlock2D(channels, channels, temb, groups, eps);
            register_module("attentions", NumberedModules.Of(Attentions));
        }

        register_module("resnets", NumberedModules.Of(_second is null ? [_first] : [_first, _second]));
    }

    internal IReadOnlyList<Transformer2DModel> Attentions { get; } = [];

    internal Tensor Forward(Tensor hidden, Tensor temb, Tensor context)
    {
        using var scope = NewDisposeScope();
        var h = _first.Forward(hidden, temb);
        foreach (var attention in Attentions) h = attention.Forward(h, context);
        return (_second is null ? h : _second.Forward(h, temb)).MoveToOuterDisposeScope();
    }
}
