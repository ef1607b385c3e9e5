using StyleProtect.Diffusion.Models.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Diffusion.Models.Blocks;

/// <summary>A level of the autoencoder's encoder: residual blocks, then a halving with asymmetric padding.</summary>
internal sealed class DownEncoderBlock2D : Module<Tensor, Tensor>
{
    private readonly ResnetBlock2D[] _resnets;
    private readonly Downsample2D? _downsampler;

    internal DownEncoderBlock2D(int inChannels, int outChannels, int layers, int groups, bool downsample) : base(nameof(DownEncoderBlock2D))
    {
        _resnets = [.. Enumerable.Range(0, layers).Select(i => new ResnetBlock2D(i == 0 ? inChannels : outChannels, outChannels, null, groups, 1e-6))];
        register_module("resnets", NumberedModules.Of(_resnets));
        if (downsample) register_module("downsamplers", NumberedModules.Of([_downsampler = new Downsample2D(outChannels, padding: 0)]));
    }

    /// <summary>The level in pieces between which only one feature map lives.</summary>
    internal IEnumerable<Func<Tensor, Tensor>> Stages =>
        _resnets.Select(r => (Func<Tensor, Tensor>)(x => r.Forward(x, null))).Concat(_downsampler is null ? [] : [_downsampler.forward]);

    public override Tensor forward(Tensor input) => Encoder.Run(input, Stages);
}
