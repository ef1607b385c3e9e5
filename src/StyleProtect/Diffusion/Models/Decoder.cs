using StyleProtect.Diffusion.Models.Blocks;
using StyleProtect.Diffusion.Models.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Diffusion.Models;

/// <summary>The autoencoder's way up.</summary>
internal sealed class Decoder : Module<Tensor, Tensor>
{
    private readonly Conv2d _convIn;
    private readonly UNetMidBlock2D _midBlock;
    private readonly UpDecoderBlock2D[] _upBlocks;
    private readonly GroupNorm _convNormOut;
    private readonly Conv2d _convOut;

    internal Decoder(AutoencoderKLConfig config) : base(nameof(Decoder))
    {
        int[] widths = [.. config.BlockOutChannels.Reverse()];
        var groups = config.NormNumGroups;
        register_module("conv_in", _convIn = new Conv2d(config.LatentChannels, widths[0], 3, padding: 1));
        register_module("mid_block", _midBlock = new UNetMidBlock2D(widths[0], groups, config.MidBlockAddAttention));
        _upBlocks = [.. widths.Select((w, i) => new UpDecoderBlock2D(widths[Math.Max(0, i - 1)], w, config.LayersPerBlock + 1, groups, i < widths.Length - 1))];
        register_module("up_blocks", NumberedModules.Of(_upBlocks));
        register_module("conv_norm_out", _convNormOut = new GroupNorm(groups, widths[^1], 1e-6));
        register_module("conv_out", _convOut = new Conv2d(widths[^1], config.OutChannels, 3, padding: 1));
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var h = _midBlock.forward(_convIn.forward(input));
        foreach (var block in _upBlocks) h = block.forward(h);
        return _convOut.forward(_convNormOut.ForwardSilu(h)).MoveToOuterDisposeScope();
    }
}
