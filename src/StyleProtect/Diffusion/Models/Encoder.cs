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

    /// <summary>The way down by levels, each in pieces between which only one feature map lives; the bottom belongs to the last level.</summary>
    internal IReadOnlyList<IReadOnlyList<Func<Tensor, Tensor>>> Levels =>
        [.. _downBlocks.Select((b, i) => (IReadOnlyList<Func<Tensor, Tensor>>)
            [.. i == 0 ? Top(b) : b.Stages, .. i == _downBlocks.Length - 1 ? (Func<Tensor, Tensor>[])[_midBlock.forward, Bottom] : []])];

    public override Tensor forward(Tensor input) => Run(input, Levels.SelectMany(l => l));

    /// <summary>Runs pieces one after another; what lies between two is let go as soon as the next has read it (a graph keeps what it needs).</summary>
    internal static Tensor Run(Tensor input, IEnumerable<Func<Tensor, Tensor>> stages)
    {
        var h = input;
        foreach (var stage in stages)
        {
            var next = stage(h);
            if (!ReferenceEquals(h, input)) h.Dispose();
            h = next;
        }

        return h;
    }

    // The first convolution's feature map is as large as any, and cheap to compute again: it is no boundary of its own.
    private IEnumerable<Func<Tensor, Tensor>> Top(DownEncoderBlock2D block)
    {
        Func<Tensor, Tensor>[] stages = [.. block.Stages];
        return [x => Run(x, [_convIn.forward, stages[0]]), .. stages[1..]];
    }

    private Tensor Bottom(Tensor input)
    {
        using var scope = NewDisposeScope();
        return _convOut.forward(_convNormOut.ForwardSilu(input)).MoveToOuterDisposeScope();
    }
}
