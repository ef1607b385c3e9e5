using StyleProtect.Diffusion.Models.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Diffusion.Models.Blocks;

/// <summary>The autoencoder's bottom: residual block, attention over the pixels (where the model has it), residual block.</summary>
internal sealed class UNetMidBlock2D : Module<Tensor, Tensor>
{
    private readonly ResnetBlock2D _first;
    private readonly ResnetBlock2D _second;
    private readonly Attention? _attention;

    internal UNetMidBlock2D(int channels, int groups, bool addAttention) : base(nameof(UNetMidBlock2D))
    {
        if (addAttention)
            register_module("attentions", NumberedModules.Of([_attention = new Attention(channels, null, 1, channels, bias: true, spatialGroups: groups)]));
        _first = new ResnetBlock2D(channels, channels, null, groups, 1e-6);
        _second = new ResnetBlock2D(channels, channels, null, groups, 1e-6);
        register_module("resnets", NumberedModules.Of([_first, _second]));
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var h = _first.Forward(input, null);
        if (_attention is not null) h = _attention.ForwardSpatial(h);
        return _second.Forward(h, null).MoveToOuterDisposeScope();
    }
}
