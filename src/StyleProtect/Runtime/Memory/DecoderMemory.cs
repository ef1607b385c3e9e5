using StyleProtect.Diffusion.Models;

namespace StyleProtect.Runtime.Memory;

/// <summary>Memory of the autoencoder's decoder, forward and backward, for one view, by its configuration.</summary>
internal static class DecoderMemory
{
    /// <param name="side">Side of the view in pixels.</param>
    internal static long Peak(IAutoencoderConfig config, int side, int element)
    {
        var whole = Activations.Sequence(Pieces(config, side, element));
        return whole.Input + whole.Kept + whole.Work;
    }

    /// <summary>The most that a pass without a graph holds.</summary>
    internal static long Forward(IAutoencoderConfig config, int side, int element) => Activations.Forward(Pieces(config, side, element));

    private static List<Activations> Pieces(IAutoencoderConfig config, int side, int element) => config switch
    {
        AutoencoderKLConfig kl => Pieces(kl, side, element),
        AutoencoderTinyConfig tiny => Pieces(tiny, side, element),
        _ => throw new ArgumentException($"The memory of a {config.GetType().Name} is not known.", nameof(config)),
    };

    private static List<Activations> Pieces(AutoencoderTinyConfig config, int side, int element)
    {
        var layers = new LayerBytes(element);
        var deepest = config.NumDecoderBlocks.Count - 1;
        List<Activations> pieces = [layers.Convolution(config.LatentChannels, config.DecoderBlockOutChannels[0], Positions(deepest), Positions(deepest))];
        for (var i = 0; i <= deepest; i++)
        {
            long width = config.DecoderBlockOutChannels[i], positions = Positions(deepest - i);
            pieces.AddRange(Enumerable.Repeat(layers.TinyBlock(width, positions, config.UseMidblockGn && i == 0), config.NumDecoderBlocks[i]));
            if (i < deepest) pieces.Add(layers.Upsample(width, positions));
        }

        pieces.Add(layers.Convolution(config.DecoderBlockOutChannels[^1], config.OutChannels, Positions(0), Positions(0)));
        return pieces;

        long Positions(int level) => (long)(side >> level) * (side >> level);
    }

    private static List<Activations> Pieces(AutoencoderKLConfig config, int side, int element)
    {
        var layers = new LayerBytes(element);
        var widths = config.BlockOutChannels;
        var deepest = widths.Count - 1;
        var middle = layers.Resnet(widths[deepest], widths[deepest], Positions(deepest));
        List<Activations> pieces = [layers.Convolution(config.LatentChannels, widths[deepest], Positions(deepest), Positions(deepest)), middle, middle];
        if (config.MidBlockAddAttention) pieces.Add(layers.SpatialAttention(widths[deepest], Positions(deepest)));
        for (var i = deepest; i >= 0; i--)
        {
            for (var l = 0; l <= config.LayersPerBlock; l++)
                pieces.Add(layers.Resnet(l == 0 ? widths[Math.Min(deepest, i + 1)] : widths[i], widths[i], Positions(i)));
            if (i > 0) pieces.Add(layers.Upsample(widths[i], Positions(i)));
        }

        pieces.Add(layers.Convolution(widths[0], config.OutChannels, Positions(0), Positions(0)));
        return pieces;

        long Positions(int level) => (long)(side >> level) * (side >> level);
    }
}
