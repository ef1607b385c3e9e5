using StyleProtect.Diffusion.Models.Blocks;
using StyleProtect.Diffusion.Models.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Diffusion.Models;

/// <summary>The autoencoder's way down.</summary>
internal sealed class Encoder : Module<Tensor, Tensor>
{
    private readonly Conv2d _convIn;
    private readonly DownEncoderBlock2D[] _downBlocks;
    private readonly UNetMidBlock2D _midBlock;
    private readonly GroupNorm _convNormOut;
    private readonly Conv2d _convOut;

    internal Encoder(AutoencoderKLConfig config) : base(nameof(Encoder))
    {
        var widths = config.BlockOutChannels;
        var groups = config.NormNumGroups;
        register_module("conv_in", _convIn = new Conv2d(config.InChannels, widths[0], 3, padding: 1));
        _downBlocks = [.. widths.Select((w, i) => new DownEncoderBlock2D(widths[Math.Max(0, i - 1)], w, config.LayersPerBlock, groups, i < widths.Count - 1))];
        register_module("down_blocks", NumberedModules.Of(_downBlocks));
        register_module("mid_block", _midBlock = new UNetMidBlock2D(widths[^1], groups, config.MidBlockAddAttention));
        register_module("conv_norm_out", _convNormOut = new GroupNorm(groups, widths[^1], 1e-6));
        register_module("conv_out", _convOut = new Conv2d(widths[^1], 2 * config.LatentChannels, 3, padding: 1));
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var h = _convIn.forward(input);
        foreach (var block in _downBlocks) h = block.forward(h);
        h = _midBlock.forward(h);
        return _convOut.forward(_convNormOut.ForwardSilu(h)).MoveToOuterDisposeScope();
    }
}
