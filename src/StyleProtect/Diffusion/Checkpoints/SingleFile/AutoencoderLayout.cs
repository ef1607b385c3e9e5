using System.Globalization;
using StyleProtect.Diffusion.Models;

namespace StyleProtect.Diffusion.Checkpoints.SingleFile;

/// <summary>
/// The autoencoder in the original layout (<c>encoder.down.0.block.0</c>) or with diffusers' names in a bare file: its configuration from shapes, and
/// diffusers' name of each key.
/// </summary>
internal static class AutoencoderLayout
{
    /// <summary>Whether the keys are those of the original layout.</summary>
    internal static bool IsOriginal(KeySet keys) => keys.Has("encoder.conv_in.weight") && keys.Has("encoder.down.0.block.0.conv1.weight");

    /// <summary>Whether the keys are diffusers'.</summary>
    internal static bool IsDiffusers(KeySet keys) => keys.Has("encoder.conv_in.weight") && keys.Has("encoder.down_blocks.0.resnets.0.conv1.weight");

    /// <summary>What shapes say; scale and shift are <see cref="LatentFamily"/>'s business.</summary>
    /// <exception cref="CheckpointException">The autoencoder is incomplete, or built in a way that is not supported.</exception>
    internal static AutoencoderKLConfig Infer(KeySet keys)
    {
        if (keys.Entry("encoder.conv_in.weight").Shape.Count == 5)
            throw Unsupported(keys, "it is a video autoencoder, whose convolutions are three-dimensional");
        if (!keys.Has("decoder.conv_out.weight")) throw Unsupported(keys, "its decoder is missing: the file is incomplete");
        var original = IsOriginal(keys);
        string Block(int level, int block) =>
            original ? $"encoder.down.{level}.block.{block}.conv1.weight" : $"encoder.down_blocks.{level}.resnets.{block}.conv1.weight";
        var levels = keys.CountNumbered(i => Block(i, 0));
        int[] widths = [.. Enumerable.Range(0, levels).Select(i => keys.Size(Block(i, 0), 0, 4))];
        int[] layers = [.. Enumerable.Range(0, levels).Select(i => keys.CountNumbered(b => Block(i, b)))];
        if (layers.Distinct().Count() != 1) throw Unsupported(keys, $"its levels have {string.Join(", ", layers)} layers");
        if (original && keys.Keys.Any(k => k.Contains(".attn.0.", StringComparison.Ordinal)))
            throw Unsupported(keys, "it has attention outside of its bottom");
        var latent = keys.Size("decoder.conv_in.weight", 1, 4);
        if (keys.Size("encoder.conv_out.weight", 0, 4) != 2 * latent)
            throw Unsupported(keys, $"its encoder gives {keys.Size("encoder.conv_out.weight", 0, 4)} channels and its decoder takes {latent}");
        return new AutoencoderKLConfig
        {
            InChannels = keys.Size("encoder.conv_in.weight", 1, 4),
            OutChannels = keys.Size("decoder.conv_out.weight", 0, 4),
            BlockOutChannels = widths,
            DownBlockTypes = [.. widths.Select(_ => "DownEncoderBlock2D")],
            UpBlockTypes = [.. widths.Select(_ => "UpDecoderBlock2D")],
            LayersPerBlock = layers[0],
            LatentChannels = latent,
            NormNumGroups = NormGroups.For(widths),
            UseQuantConv = keys.Has("quant_conv.weight") || keys.Has("encoder.quant_conv.weight"),
            UsePostQuantConv = keys.Has("post_quant_conv.weight") || keys.Has("decoder.post_quant_conv.weight"),
            MidBlockAddAttention = original ? keys.HasAny("encoder.mid.attn_1.") : keys.HasAny("encoder.mid_block.attentions.0."),
        };
    }

    /// <summary>diffusers' names of the keys.</summary>
    internal static PartKeys Map(KeySet keys, AutoencoderKLConfig config)
    {
        var original = IsOriginal(keys);
        return PartKeys.Of(
            keys, key => original ? Name(key, config.BlockOutChannels.Count) : (AutoencoderKeys.Rename(key), FormOf(AutoencoderKeys.Rename(key))), IsUnused);
    }

    /// <summary>diffusers' name of a key of the original layout; null for a key that such an autoencoder does not have.</summary>
    internal static (string Name, WeightForm Form)? Name(string key, int levels)
    {
        var parts = key.Split('.');
        string Rest(int from) => string.Join('.', parts[from..]);
        var name = parts switch
        {
            ["quant_conv" or "post_quant_conv", _] => key,
            // FLUX.2's original file has them inside of encoder and decoder.
            ["encoder", "quant_conv", _] or ["decoder", "post_quant_conv", _] => Rest(1),
            ["encoder" or "decoder", "conv_in" or "conv_out", _] => key,
            ["encoder" or "decoder", "norm_out", var last] => $"{parts[0]}.conv_norm_out.{last}",
            ["encoder" or "decoder", "mid", "attn_1", var layer, var last] when Attention(layer) is { } attention =>
                $"{parts[0]}.mid_block.attentions.0.{attention}.{last}",
            ["encoder" or "decoder", "mid", "block_1" or "block_2", ..] =>
                $"{parts[0]}.mid_block.resnets.{(parts[2] is "block_1" ? 0 : 1)}.{Residual(Rest(3))}",
            ["encoder", "down", var level, "block", var block, ..] => $"encoder.down_blocks.{level}.resnets.{block}.{Residual(Rest(5))}",
            ["encoder", "down", var level, "downsample", "conv", var last] => $"encoder.down_blocks.{level}.downsamplers.0.conv.{last}",
            ["decoder", "up", var level, "block", var block, ..] when Reversed(level, levels) is { } up =>
                $"decoder.up_blocks.{up}.resnets.{block}.{Residual(Rest(5))}",
            ["decoder", "up", var level, "upsample", "conv", var last] when Reversed(level, levels) is { } up =>
                $"decoder.up_blocks.{up}.upsamplers.0.conv.{last}",
            _ => null,
        };
        return name is null ? null : (name, FormOf(name));
    }

    private static WeightForm FormOf(string name) =>
        name.Contains(".attentions.", StringComparison.Ordinal) && name.EndsWith(".weight", StringComparison.Ordinal)
            ? WeightForm.Pointwise
            : WeightForm.AsStored;

    /// <summary>What trains an autoencoder (the discriminator and its loss), FLUX.2's statistics of patches, and averages of the weights.</summary>
    private static bool IsUnused(string key) =>
        key.StartsWith("loss.", StringComparison.Ordinal) || key.StartsWith("bn.", StringComparison.Ordinal) ||
        key.StartsWith("model_ema.", StringComparison.Ordinal);

    // The original repositories number the levels of the way up from the finest.
    private static int? Reversed(string level, int levels) =>
        int.TryParse(level, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n < levels ? levels - 1 - n : null;

    private static string Residual(string rest) => rest.Replace("nin_shortcut.", "conv_shortcut.", StringComparison.Ordinal);

    private static string? Attention(string layer) => layer switch
    {
        "norm" => "group_norm",
        "q" => "to_q",
        "k" => "to_k",
        "v" => "to_v",
        "proj_out" => "to_out.0",
        _ => null,
    };

    private static CheckpointException Unsupported(KeySet keys, string why) => new($"{keys.Path}: this autoencoder is not supported: {why}.");
}
