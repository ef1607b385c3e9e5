using StyleProtect.Diffusion.Models;
using StyleProtect.Runtime.Encodings;

namespace StyleProtect.Runtime.Memory;

/// <summary>Memory of the autoencoder's encoder for one view, by its configuration.</summary>
internal sealed class EncoderMemory
{
    private readonly IReadOnlyList<IReadOnlyList<Activations>> _levels;
    private readonly long _latents;

    /// <param name="side">Side of the view, or of the tile, in pixels.</param>
    internal EncoderMemory(IAutoencoderConfig config, int side, int element)
    {
        _levels = config switch
        {
            AutoencoderKLConfig kl => Levels(kl, side, element),
            AutoencoderTinyConfig tiny => Levels(tiny, side, element),
            _ => throw new ArgumentException($"The memory of a {config.GetType().Name} is not known.", nameof(config)),
        };
        long latents = (long)(side / config.Downsampling()) * (side / config.Downsampling());
        _latents = 2L * config.LatentChannels * latents * (element + sizeof(float));
    }

    private static List<IReadOnlyList<Activations>> Levels(AutoencoderTinyConfig config, int side, int element)
    {
        var layers = new LayerBytes(element);
        var levels = new List<IReadOnlyList<Activations>>();
        for (var i = 0; i < config.NumEncoderBlocks.Count; i++)
        {
            long positions = (long)(side >> i) * (side >> i), width = config.EncoderBlockOutChannels[i];
            List<Activations> stages = [layers.Convolution(i == 0 ? config.InChannels : width, width, i == 0 ? positions : 4 * positions, positions)];
            var pools = config.UseMidblockGn && i == config.NumEncoderBlocks.Count - 1;
            stages.AddRange(Enumerable.Repeat(layers.TinyBlock(width, positions, pools), config.NumEncoderBlocks[i]));
            if (i == config.NumEncoderBlocks.Count - 1) stages.Add(layers.Convolution(width, config.LatentChannels, positions, positions));
            levels.Add(stages);
        }

        return levels;
    }

    private static List<IReadOnlyList<Activations>> Levels(AutoencoderKLConfig config, int side, int element)
    {
        var layers = new LayerBytes(element);
        var widths = config.BlockOutChannels;
        var levels = new List<IReadOnlyList<Activations>>();
        for (var i = 0; i < widths.Count; i++)
        {
            long positions = (long)(side >> i) * (side >> i), before = widths[Math.Max(0, i - 1)];
            List<Activations> stages = [.. Enumerable.Range(0, config.LayersPerBlock)
                .Select(l => layers.Resnet(l == 0 ? before : widths[i], widths[i], positions))];
            if (i == 0) stages[0] = Activations.Sequence([layers.Convolution(config.InChannels, widths[0], positions, positions), stages[0]]);
            if (i < widths.Count - 1)
            {
                stages.Add(layers.Convolution(widths[i], widths[i], positions, positions / 4));
            }
            else
            {
                var resnet = layers.Resnet(widths[i], widths[i], positions);
                stages.Add(Activations.Sequence(config.MidBlockAddAttention
                    ? [resnet, layers.SpatialAttention(widths[i], positions), resnet] : [resnet, resnet]));
                stages.Add(layers.Convolution(widths[i], 2 * config.LatentChannels, positions, positions));
            }

            levels.Add(stages);
        }

        return levels;
    }

    /// <summary>What stays while the U-Net computes.</summary>
    internal long Held(EncoderGraph graph) => _latents + (graph == EncoderGraph.Full
        ? Activations.Sequence(Stages).Input + Activations.Sequence(Stages).Kept
        : Segments(graph).Sum(s => s[0].Input));

    /// <summary>The most that the pass forward and the pass back hold.</summary>
    internal long Peak(EncoderGraph graph)
    {
        if (graph == EncoderGraph.Full) return Held(graph) + Stages.Max(s => s.Work);
        var segments = Segments(graph);
        long peak = Held(graph) + Activations.Forward(Stages), below = 0;
        foreach (var segment in segments)
        {
            var whole = Activations.Sequence(segment);
            below += whole.Input;
            peak = Math.Max(peak, _latents + below + whole.Kept + whole.Work);
        }

        return peak;
    }

    /// <summary>The most that a pass without a graph holds.</summary>
    internal long Forward => _latents + Activations.Forward(Stages);

    /// <summary>Number of segments that are computed again; 0 for a kept graph.</summary>
    internal int SegmentCount(EncoderGraph graph) => graph == EncoderGraph.Full ? 0 : Segments(graph).Count;

    private IReadOnlyList<Activations> Stages => [.. _levels.SelectMany(l => l)];

    private IReadOnlyList<IReadOnlyList<Activations>> Segments(EncoderGraph graph) =>
        graph == EncoderGraph.CheckpointLevels ? _levels : [.. Stages.Select(s => (IReadOnlyList<Activations>)[s])];
}
