using System.Globalization;
using StyleProtect.Diffusion.Models;

namespace StyleProtect.Tests.Checkpoints.SingleFile;

/// <summary>
/// diffusers' names in the layout of the original repositories (CompVis/stable-diffusion, Stability-AI/generative-models), written from the numbering of their
/// blocks: the way back from what the library does.
/// </summary>
internal static class OriginalLayout
{
    internal static string UNet(string name, UNet2DConditionConfig config)
    {
        var p = name.Split('.');
        var positions = config.LayersPerBlock.At(0) + 1;
        int Number(int at) => int.Parse(p[at], CultureInfo.InvariantCulture);
        string Rest(int from) => string.Join('.', p[from..]);
        return p[0] switch
        {
            "conv_in" => $"input_blocks.0.0.{p[1]}",
            "conv_norm_out" => $"out.0.{p[1]}",
            "conv_out" => $"out.2.{p[1]}",
            "time_embedding" => $"time_embed.{(p[1] == "linear_1" ? 0 : 2)}.{p[2]}",
            "add_embedding" => $"label_emb.0.{(p[1] == "linear_1" ? 0 : 2)}.{p[2]}",
            "mid_block" => p[1] == "attentions" ? $"middle_block.1.{Rest(3)}" : $"middle_block.{2 * Number(2)}.{Residual(Rest(3))}",
            "down_blocks" => p[2] switch
            {
                "resnets" => $"input_blocks.{(positions * Number(1)) + Number(3) + 1}.0.{Residual(Rest(4))}",
                "attentions" => $"input_blocks.{(positions * Number(1)) + Number(3) + 1}.1.{Rest(4)}",
                _ => $"input_blocks.{positions * (Number(1) + 1)}.0.op.{p[^1]}",
            },
            "up_blocks" => p[2] switch
            {
                "resnets" => $"output_blocks.{(positions * Number(1)) + Number(3)}.0.{Residual(Rest(4))}",
                "attentions" => $"output_blocks.{(positions * Number(1)) + Number(3)}.1.{Rest(4)}",
                _ => $"output_blocks.{(positions * Number(1)) + positions - 1}.{(config.UpBlockTypes[Number(1)] == "UpBlock2D" ? 1 : 2)}.conv.{p[^1]}",
            },
            _ => throw new ArgumentException(name, nameof(name)),
        };
    }

    internal static string Autoencoder(string name, int levels)
    {
        var p = name.Split('.');
        string Rest(int from) => string.Join('.', p[from..]).Replace("conv_shortcut", "nin_shortcut", StringComparison.Ordinal);
        return p switch
        {
            [_, "mid_block", "resnets", var n, ..] => $"{p[0]}.mid.block_{(n == "0" ? 1 : 2)}.{Rest(4)}",
            [_, "mid_block", "attentions", "0", ..] => $"{p[0]}.mid.attn_1." + Rest(4)
                .Replace("group_norm", "norm", StringComparison.Ordinal).Replace("to_out.0", "proj_out", StringComparison.Ordinal)
                .Replace("to_", "", StringComparison.Ordinal),
            [_, "conv_norm_out", var last] => $"{p[0]}.norm_out.{last}",
            [_, "down_blocks", var level, "resnets", var block, ..] => $"encoder.down.{level}.block.{block}.{Rest(5)}",
            [_, "down_blocks", var level, "downsamplers", "0", ..] => $"encoder.down.{level}.downsample.{Rest(5)}",
            [_, "up_blocks", var level, "resnets", var block, ..] => $"decoder.up.{Up(level)}.block.{block}.{Rest(5)}",
            [_, "up_blocks", var level, "upsamplers", "0", ..] => $"decoder.up.{Up(level)}.upsample.{Rest(5)}",
            _ => name,
        };

        int Up(string level) => levels - 1 - int.Parse(level, CultureInfo.InvariantCulture);
    }

    /// <summary>OpenCLIP's name; the three projections of a layer share one, of which the queries come first.</summary>
    internal static string OpenClip(string name)
    {
        if (name == "text_projection.weight") return "text_projection";
        var p = name["text_model.".Length..].Split('.');
        if (p is ["embeddings", "token_embedding", _]) return "token_embedding.weight";
        if (p is ["embeddings", ..]) return "positional_embedding";
        if (p is ["final_layer_norm", _]) return $"ln_final.{p[1]}";
        var block = $"transformer.resblocks.{p[2]}";
        return p[3..] switch
        {
            ["layer_norm1", var last] => $"{block}.ln_1.{last}",
            ["layer_norm2", var last] => $"{block}.ln_2.{last}",
            ["mlp", "fc1", var last] => $"{block}.mlp.c_fc.{last}",
            ["mlp", "fc2", var last] => $"{block}.mlp.c_proj.{last}",
            ["self_attn", "out_proj", var last] => $"{block}.attn.out_proj.{last}",
            [_, _, var last] => $"{block}.attn.in_proj_{last}",
            _ => throw new ArgumentException(name, nameof(name)),
        };
    }

    private static string Residual(string rest) => rest
        .Replace("norm1", "in_layers.0", StringComparison.Ordinal).Replace("conv1", "in_layers.2", StringComparison.Ordinal)
        .Replace("time_emb_proj", "emb_layers.1", StringComparison.Ordinal).Replace("norm2", "out_layers.0", StringComparison.Ordinal)
        .Replace("conv2", "out_layers.3", StringComparison.Ordinal).Replace("conv_shortcut", "skip_connection", StringComparison.Ordinal);
}
