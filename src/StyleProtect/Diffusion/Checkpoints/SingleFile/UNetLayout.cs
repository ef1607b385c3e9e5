using System.Globalization;
using StyleProtect.Diffusion.Models;

namespace StyleProtect.Diffusion.Checkpoints.SingleFile;

/// <summary>
/// The U-Net in the layout of the original repositories (<c>input_blocks</c>, <c>middle_block</c>, <c>output_blocks</c>): its configuration from shapes, and
/// diffusers' name of each key.
/// </summary>
internal static class UNetLayout
{
    private const int HeadWidth = 64;

    /// <summary>Heads of Stable Diffusion 1.x, whose attention layers do not say it by their shapes.</summary>
    private const int FirstHeads = 8;

    internal static bool IsIn(KeySet keys) => keys.Has("input_blocks.0.0.weight") && keys.Has("out.2.weight");

    /// <summary>
    /// What shapes say. Numbers of heads, groups and sides are those of the published models: 8 heads with convolutional projections (SD 1.x), heads of width
    /// 64 with linear ones (SD 2.x, XL); 32 groups, or the largest power of two that divides all widths.
    /// </summary>
    /// <exception cref="CheckpointException">The U-Net is incomplete, or built in a way that is not supported; the message says which.</exception>
    internal static UNet2DConditionConfig Infer(KeySet keys)
    {
        int channels = keys.Size("input_blocks.0.0.weight", 1, 4), outChannels = keys.Size("out.2.weight", 0, 4);
        RefuseOtherTasks(keys, channels, outChannels);
        var levels = Levels(keys);
        var mid = Depth(keys, "middle_block.1");
        if (mid == 0) throw Unsupported(keys, "its bottom block has no attention (a distilled U-Net)");
        var (layers, widths, depths) = (levels[0].Layers, levels.Select(l => l.Width).ToArray(), levels.Select(l => l.Depth).ToArray());
        if (levels.Any(l => l.Layers != layers)) throw Unsupported(keys, $"its levels have {string.Join(", ", levels.Select(l => l.Layers))} layers");
        CheckWayUp(keys, levels);
        var text = TextWidth(keys, "middle_block.1");
        var linear = keys.Entry("middle_block.1.proj_in.weight").Shape.Count == 2;
        var added = keys.Has("label_emb.0.0.weight") ? keys.Size("label_emb.0.0.weight", 1, 2) : (int?)null;
        int[] heads = [.. widths.Select(w => w / HeadWidth)];
        if (linear && widths.FirstOrDefault(w => w % HeadWidth != 0) is > 0 and var odd)
            throw Unsupported(keys, $"its width {odd} has no heads of {HeadWidth}");
        return new UNet2DConditionConfig
        {
            InChannels = channels,
            OutChannels = outChannels,
            BlockOutChannels = widths,
            LayersPerBlock = layers,
            DownBlockTypes = [.. depths.Select(d => d > 0 ? "CrossAttnDownBlock2D" : "DownBlock2D")],
            UpBlockTypes = [.. depths.Reverse().Select(d => d > 0 ? "CrossAttnUpBlock2D" : "UpBlock2D")],
            TransformerLayersPerBlock = [.. Depths(depths, mid).Select(d => (LayerCounts)d)],
            AttentionHeadDim = linear ? heads : [FirstHeads],
            UseLinearProjection = linear,
            CrossAttentionDim = text,
            NormNumGroups = NormGroups.For(widths),
            AdditionEmbedType = added is null ? null : "text_time",
            ProjectionClassEmbeddingsInputDim = added,
            AdditionTimeEmbedDim = added is null ? null : 256,
        };
    }

    /// <summary>diffusers' names of the keys.</summary>
    internal static PartKeys Map(KeySet keys, UNet2DConditionConfig config) => PartKeys.Of(
        keys, key => Name(key, config.LayersPerBlock.At(0) + 1) is { } name ? (name, WeightForm.AsStored) : null, static _ => false);

    /// <summary>diffusers' name of a key; null for a key that such a U-Net does not have.</summary>
    /// <param name="key">The key without prefix.</param>
    /// <param name="stride">Positions a level: its layers and one for the change of size.</param>
    internal static string? Name(string key, int stride)
    {
        var parts = key.Split('.');
        if (parts.Length < 3) return null;
        string Rest(int from) => string.Join('.', parts[from..]);
        switch (parts[0])
        {
            case "time_embed" when parts[1] is "0" or "2":
                return $"time_embedding.linear_{(parts[1] is "0" ? 1 : 2)}.{Rest(2)}";
            case "label_emb" when parts is [_, "0", "0" or "2", _]:
                return $"add_embedding.linear_{(parts[2] is "0" ? 1 : 2)}.{parts[3]}";
            case "out" when parts[1] is "0" or "2":
                return $"{(parts[1] is "0" ? "conv_norm_out" : "conv_out")}.{Rest(2)}";
            case "middle_block" when parts[1] is "1":
                return $"mid_block.attentions.0.{Rest(2)}";
            case "middle_block" when parts[1] is "0" or "2":
                return Residual(Rest(2)) is { } middle ? $"mid_block.resnets.{(parts[1] is "0" ? 0 : 1)}.{middle}" : null;
            case "input_blocks" when parts.Length >= 4 && Number(parts[1]) is { } n:
                return n == 0
                    ? parts[2] is "0" ? $"conv_in.{Rest(3)}" : null
                    : Layer($"down_blocks.{(n - 1) / stride}", (n - 1) % stride, parts[2], Rest(3), "op", "downsamplers");
            case "output_blocks" when parts.Length >= 4 && Number(parts[1]) is { } n:
                return Layer($"up_blocks.{n / stride}", n % stride, parts[2], Rest(3), "conv", "upsamplers");
            default:
                return null;
        }
    }

    private static string? Layer(string block, int layer, string place, string rest, string change, string changes)
    {
        // The change of size comes alone on the way down, and after resnet and attention on the way up.
        if (rest.StartsWith(change + ".", StringComparison.Ordinal)) return $"{block}.{changes}.0.conv.{rest[(change.Length + 1)..]}";
        return place switch
        {
            "0" => Residual(rest) is { } name ? $"{block}.resnets.{layer}.{name}" : null,
            "1" => $"{block}.attentions.{layer}.{rest}",
            _ => null,
        };
    }

    private static string? Residual(string rest)
    {
        foreach (var (old, name) in (ReadOnlySpan<(string, string)>)
            [
                ("in_layers.0.", "norm1."), ("in_layers.2.", "conv1."), ("emb_layers.1.", "time_emb_proj."), ("out_layers.0.", "norm2."),
                ("out_layers.3.", "conv2."), ("skip_connection.", "conv_shortcut."),
            ])
            if (rest.StartsWith(old, StringComparison.Ordinal)) return name + rest[old.Length..];
        return null;
    }

    private static int? Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n < 1000 ? n : null;

    private static List<Level> Levels(KeySet keys)
    {
        var levels = new List<Level>();
        var open = (Level?)null;
        for (var n = 1; ; n++)
        {
            if (keys.Has($"input_blocks.{n}.0.op.weight"))
            {
                levels.Add(open ?? throw Unsupported(keys, $"input_blocks.{n} changes the size of a level without layers"));
                open = null;
            }
            else if (keys.Has($"input_blocks.{n}.0.in_layers.2.weight"))
            {
                int width = keys.Size($"input_blocks.{n}.0.in_layers.2.weight", 0, 4), depth = Depth(keys, $"input_blocks.{n}.1");
                if (open is { } level && (level.Width != width || level.Depth != depth))
                    throw Unsupported(
                        keys, $"the layers of the level at input_blocks.{n} differ (widths {level.Width} and {width}, depths {level.Depth} and {depth})");
                open = new Level(width, (open?.Layers ?? 0) + 1, depth);
            }
            else
            {
                levels.Add(open ?? throw Unsupported(keys, $"input_blocks.{n} is missing"));
                return levels;
            }
        }
    }

    private static int Depth(KeySet keys, string block) => keys.CountNumbered(k => $"{block}.transformer_blocks.{k}.attn2.to_k.weight");

    private static int TextWidth(KeySet keys, string block) => keys.Size($"{block}.transformer_blocks.0.attn2.to_k.weight", 1, 2);

    private static void CheckWayUp(KeySet keys, List<Level> levels)
    {
        for (var i = 0; i < levels.Count; i++)
        {
            var level = levels[levels.Count - 1 - i];
            for (var layer = 0; layer <= level.Layers; layer++)
            {
                var n = (i * (level.Layers + 1)) + layer;
                var depth = Depth(keys, $"output_blocks.{n}.1");
                if (depth != level.Depth)
                    throw Unsupported(keys, $"output_blocks.{n} has {depth} transformer layers and its level on the way down has {level.Depth}");
            }
        }
    }

    /// <summary>One number where all levels agree; a level without attention agrees with any, and the last one is that of the bottom.</summary>
    private static int[] Depths(int[] depths, int mid)
    {
        int[] all = [.. depths.Select(d => d == 0 ? 1 : d)];
        all[^1] = mid;
        return all.Distinct().Count() == 1 ? [mid] : all;
    }

    private static void RefuseOtherTasks(KeySet keys, int channels, int outChannels)
    {
        string? task = null;
        if (keys.Keys.Any(k => k.Contains(".time_stack.", StringComparison.Ordinal) || k.Contains(".time_mixer.", StringComparison.Ordinal)))
            task = "a video model (Stable Video Diffusion)";
        else if (channels == (2 * outChannels) + 1) task = "an inpainting model";
        else if (channels == 2 * outChannels) task = "a model that edits pictures (InstructPix2Pix)";
        else if (channels == outChannels + 1) task = "a depth-to-image model";
        else if (channels != outChannels) task = "an upscaler or a model of another task";
        if (task is not null)
            throw new CheckpointException(
                $"{keys.Path}: this is {task} ({channels} input channels, {outChannels} output channels); protections need a text-to-image model. Use the " +
                "base model that it was made from.");
    }

    private static CheckpointException Unsupported(KeySet keys, string why) => new(
        $"{keys.Path}: this U-Net is not supported from a single file: {why}. Use the same model as a folder in diffusers' layout, which says how it " +
        "is built.");

    private sealed record Level(int Width, int Layers, int Depth);
}
