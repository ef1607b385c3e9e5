namespace StyleProtect.Diffusion.Models;

/// <summary>The number of a U-Net's parameters by its configuration, so that an absurd one is refused before anything is built.</summary>
internal static class UNetSize
{
    /// <summary>Counts parameters; the configuration's numbers must be in range.</summary>
    internal static long Parameters(UNet2DConditionConfig config)
    {
        var widths = config.BlockOutChannels;
        long levels = widths.Count, temb = 4L * widths[0], total = Convolution(config.InChannels, widths[0], 3) + Embedding(widths[0]);
        total += widths[0] * (long)config.TimeCondProjDim.GetValueOrDefault();
        if (config.AdditionEmbedType is "text_time") total += Embedding(config.ProjectionClassEmbeddingsInputDim!.Value);
        for (var i = 0; i < levels; i++)
        {
            for (var l = 0; l < config.LayersOf(i); l++)
            {
                total += Resnet(l == 0 ? widths[Math.Max(0, i - 1)] : widths[i], widths[i]);
                if (config.DownAttends(i)) total += Transformer(widths[i], config.DownTransformerLayers(i, l));
            }

            if (i < levels - 1) total += Convolution(widths[i], widths[i], 3);
        }

        long bottom = widths[^1];
        if (config.Mid is not MidBlock.None) total += Resnet(bottom, bottom);
        if (config.Mid is MidBlock.CrossAttention) total += Resnet(bottom, bottom) + Transformer(bottom, config.MidTransformerLayers());
        for (var i = (int)levels - 1; i >= 0; i--)
        {
            long above = widths[Math.Max(0, i - 1)], below = widths[Math.Min((int)levels - 1, i + 1)], last = config.LayersOf(i);
            for (var l = 0; l <= last; l++)
            {
                total += Resnet((l == 0 ? below : widths[i]) + (l == last ? above : widths[i]), widths[i]);
                if (config.UpAttends(i)) total += Transformer(widths[i], config.UpTransformerLayers(i, l));
            }

            if (i > 0) total += Convolution(widths[i], widths[i], 3);
        }

        return total + 2L * widths[0] + Convolution(widths[0], config.OutChannels, 3);

        long Embedding(long features) => Linear(features, temb) + Linear(temb, temb);

        long Resnet(long from, long to) =>
            2 * from + Convolution(from, to, 3) + Linear(temb, to) + 2 * to + Convolution(to, to, 3) + (from == to ? 0 : Convolution(from, to, 1));

        long Transformer(long width, long blocks) => 2 * width + 2 * Linear(width, width) + blocks * Block(width);

        // Three norms, self- and cross-attention (no biases but on the way out), GEGLU.
        long Block(long width) => 6 * width + 6 * width * width + 2 * width * config.CrossAttentionDim + 2 * width + Linear(width, 8 * width) +
            Linear(4 * width, width);
    }

    private static long Linear(long from, long to) => from * to + to;

    private static long Convolution(long from, long to, long kernel) => from * to * kernel * kernel + to;
}
