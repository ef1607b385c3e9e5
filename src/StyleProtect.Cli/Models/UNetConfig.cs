using System.Text.Json;

namespace StyleProtect.Cli.Models;

/// <summary>What of a U-Net's <c>config.json</c> the layer list needs.</summary>
/// <param name="DownBlockTypes">Block types from the top level down.</param>
/// <param name="Heads">Attention heads by level; one entry stands for all.</param>
internal sealed record UNetConfig(IReadOnlyList<string> DownBlockTypes, IReadOnlyList<int> Heads)
{
    /// <summary>Number of levels.</summary>
    internal int Levels => DownBlockTypes.Count;

    /// <summary>Heads of a level.</summary>
    internal int HeadsAt(int level) => Heads.Count == 1 ? Heads[0] : Heads[level];

    /// <summary>Reads the file.</summary>
    /// <exception cref="CommandException">It is missing, or a field is.</exception>
    internal static UNetConfig Read(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllText(path));
            var root = document.RootElement;
            var blocks = root.GetProperty("down_block_types").EnumerateArray().Select(b => b.GetString()!).ToArray();
            // diffusers' historical naming: attention_head_dim is the number of heads unless num_attention_heads is given.
            var heads = root.TryGetProperty("num_attention_heads", out var n) && n.ValueKind is not JsonValueKind.Null ? n : root.GetProperty("attention_head_dim");
            int[] counts = heads.ValueKind is JsonValueKind.Array ? [.. heads.EnumerateArray().Select(h => h.GetInt32())] : [heads.GetInt32()];
            if (blocks.Length == 0 || (counts.Length != 1 && counts.Length != blocks.Length))
                throw CommandException.Environment($"'{path}' gives {counts.Length} head counts for {blocks.Length} levels.");
            return new UNetConfig(blocks, counts);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw CommandException.Environment($"'{path}' cannot be used: {e.Message}", "It must be the config.json of a diffusers UNet2DConditionModel.", e);
        }
    }
}
