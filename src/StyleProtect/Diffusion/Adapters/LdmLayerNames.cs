using System.Globalization;

namespace StyleProtect.Diffusion.Adapters;

/// <summary>The names that a U-Net's layers have in the original code (input_blocks, middle_block, output_blocks), which number the blocks through.</summary>
internal static class LdmLayerNames
{
    /// <summary>Names of diffusers to names of the original code.</summary>
    /// <param name="names">Every layer of one U-Net, by diffusers' name.</param>
    internal static Dictionary<string, string> Of(IReadOnlyCollection<string> names)
    {
        int[] down = Counts(names, "down_blocks", "resnets"), up = Counts(names, "up_blocks", "resnets"), attends = Counts(names, "up_blocks", "attentions");
        return names.Select(n => (Name: n, Ldm: Of(n.Split('.'), down, up, attends))).Where(p => p.Ldm is not null)
            .ToDictionary(p => p.Name, p => p.Ldm!, StringComparer.Ordinal);
    }

    /// <summary>How many layers of a kind each block has.</summary>
    private static int[] Counts(IEnumerable<string> names, string blocks, string kind)
    {
        var seen = names.Select(n => n.Split('.')).Where(p => p.Length > 3 && p[0] == blocks).ToArray();
        var counts = new int[seen.Length == 0 ? 0 : seen.Max(p => Number(p[1])) + 1];
        foreach (var p in seen)
            if (p[2] == kind) counts[Number(p[1])] = Math.Max(counts[Number(p[1])], Number(p[3]) + 1);
        return counts;
    }

    private static string? Of(string[] parts, int[] down, int[] up, int[] attends) => parts switch
    {
        ["conv_in"] => "input_blocks.0.0",
        ["conv_out"] => "out.2",
        ["time_embedding", "linear_1"] => "time_embed.0",
        ["time_embedding", "linear_2"] => "time_embed.2",
        ["add_embedding", "linear_1"] => "label_emb.0.0",
        ["add_embedding", "linear_2"] => "label_emb.0.2",
        // A block's layers and its halving each have a number of their own.
        ["down_blocks", var i, var kind, var j, .. var rest] => Number(i) is var block && down[..block].Sum() + block + 1 is var first
            ? kind is "downsamplers"
                ? $"input_blocks.{first + down[block]}.0.op"
                : Layer($"input_blocks.{first + Number(j)}", kind, rest)
            : null,
        ["mid_block", "resnets", var j, .. var rest] => Joined($"middle_block.{2 * Number(j)}", Resnet(rest)),
        ["mid_block", "attentions", _, .. var rest] => Joined("middle_block.1", rest),
        // The doubling belongs to the number of the block's last layer.
        ["up_blocks", var i, var kind, var j, .. var rest] => Number(i) is var block && up[..block].Sum() is var first
            ? kind is "upsamplers"
                ? $"output_blocks.{first + up[block] - 1}.{(attends[block] > 0 ? 2 : 1)}.conv"
                : Layer($"output_blocks.{first + Number(j)}", kind, rest)
            : null,
        _ => null,
    };

    private static string Layer(string block, string kind, string[] rest) =>
        kind is "resnets" ? Joined(block + ".0", Resnet(rest)) : Joined(block + ".1", rest);

    private static string[] Resnet(string[] rest) => rest switch
    {
        ["conv1"] => ["in_layers", "2"],
        ["time_emb_proj"] => ["emb_layers", "1"],
        ["conv2"] => ["out_layers", "3"],
        ["conv_shortcut"] => ["skip_connection"],
        _ => rest,
    };

    private static string Joined(string block, string[] rest) => string.Join('.', rest.Prepend(block));

    private static int Number(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
