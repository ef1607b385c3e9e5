using StyleProtect.Diffusion.Models.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Diffusion.Models.Blocks;

/// <summary>A level of the autoencoder's decoder: residual blocks, then a doubling.</summary>
internal sealed class UpDecoderBlock2D : Module<Tensor, Tensor>
{
    private readonly ResnetBlock2D[] _resnets;
    private readonly Upsample2D? _upsampler;

    internal UpDecoderBlock2D(int inChannels, int outChannels, int layers, int groups, bool upsample) : base(nameof(UpDecoderBlock2D))
    {
        _resnets = [.. Enumerable.Range(0, layers).Select(i => new ResnetBlock2D(i == 0 ? inChannels : outChannels, outChannels, null, groups, 1e-6))];
        register_module("resnets", NumberedModules.Of(_resnets));
        if (upsample) register_module("upsamplers", NumberedModules.Of([_upsampler = new Upsample2D(outChannels)]));
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var h = input;
        foreach (var resnet in _resnets) h = resnet.Forward(h, null);
        if (_upsampler is not null) h = _upsampler.Forward(h);
        return h.MoveToOuterDisposeScope();
    }
}
