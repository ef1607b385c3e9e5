using StyleProtect.Diffusion.Models;

namespace StyleProtect.Runtime.Memory;

/// <summary>Memory of the U-Net's forward and backward pass for one view, by its configuration.</summary>
internal static class UNetMemory
{
    /// <summary>
    /// What a pass takes beside the maps that are counted here, at Stable Diffusion 1.5's size: 0.78 to 0.82 GiB were measured where these are 605 MiB
    /// (docs/performance.md).
    /// </summary>
    private const double Measured = 1.35;

    /// <param name="side">Side of the latent.</param>
    internal static long Peak(UNet2DConditionConfig config, int side, int element) => Peak(config, side, new LayerBytes(element));

    /// <summary>The most that a pass forward and back holds, with layers that may be trained.</summary>
    internal static long Peak(UNet2DConditionConfig config, int side, LayerBytes layers)
    {
        var whole = Activations.Sequence([.. Pieces(config, side, layers)]);
        return (long)(Measured * (whole.Input + whole.Kept + whole.Work));
    }

    /// <summary>The most that a pass without a graph holds: what a piece needs, and the maps that wait for the way up.</summary>
    internal static long Forward(UNet2DConditionConfig config, int side, int element)
    {
        var pieces = Pieces(config, side, new LayerBytes(element));
        return (long)(Measured * (Activations.Forward(pieces) + pieces.Take(pieces.Count / 2).Sum(p => p.Input)));
    }

    private static List<Activations> Pieces(UNet2DConditionConfig config, int side, LayerBytes layers)
    {
        var widths = config.BlockOutChannels;
        int levels = widths.Count;
        var pieces = new List<Activations> { layers.Convolution(config.InChannels, widths[0], Positions(0), Positions(0)) };
        for (var i = 0; i < levels; i++)
        {
            for (var l = 0; l < config.LayersOf(i); l++)
                Add(l == 0 ? widths[Math.Max(0, i - 1)] : widths[i], i, config.DownAttends(i) ? config.DownTransformerLayers(i, l) : 0, joined: false);
            if (i < levels - 1) pieces.Add(layers.Convolution(widths[i], widths[i], Positions(i), Positions(i + 1)));
        }

        if (config.Mid is not MidBlock.None)
            Add(widths[^1], levels - 1, config.Mid is MidBlock.CrossAttention ? config.MidTransformerLayers() : 0, joined: false);
        if (config.Mid is MidBlock.CrossAttention) Add(widths[^1], levels - 1, transformerLayers: 0, joined: false);
        for (var i = levels - 1; i >= 0; i--)
        {
            int above = widths[Math.Max(0, i - 1)], below = widths[Math.Min(levels - 1, i + 1)];
            for (var l = 0; l <= config.LayersOf(i); l++)
            {
                var joined = (l == 0 ? below : widths[i]) + (l == config.LayersOf(i) ? above : widths[i]);
                Add(joined, i, config.UpAttends(i) ? config.UpTransformerLayers(i, l) : 0, joined: true);
            }
            if (i > 0) pieces.Add(layers.Upsample(widths[i], Positions(i)));
        }

        pieces.Add(layers.Convolution(widths[0], config.OutChannels, Positions(0), Positions(0)));
        return pieces;

        long Positions(int level) => (long)((side + (1 << level) - 1) >> level) * ((side + (1 << level) - 1) >> level);

        void Add(long inChannels, int level, int transformerLayers, bool joined)
        {
            pieces.Add(layers.Resnet(inChannels, widths[level], Positions(level), joined));
            if (transformerLayers > 0) pieces.Add(layers.Transformer(widths[level], Positions(level), transformerLayers, config.HeadsOf(level)));
        }
    }
}
