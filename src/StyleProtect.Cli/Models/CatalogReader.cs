using System.Globalization;
using System.Text.RegularExpressions;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Layers;

namespace StyleProtect.Cli.Models;

/// <summary>Lists a U-Net's cross-attention layers from the names and shapes of its weights.</summary>
internal static partial class CatalogReader
{
    private const string KeyWeight = ".attn2.to_k.weight";
    private const string ValueWeight = ".attn2.to_v.weight";

    /// <summary>Builds the catalog.</summary>
    internal static LayerCatalog Read(IReadOnlyList<SafetensorsEntry> weights, UNetConfig config)
    {
        var shapes = weights.ToDictionary(w => w.Name, w => w.Shape, StringComparer.Ordinal);
        var layers = shapes.Keys
            .Where(k => k.EndsWith(KeyWeight, StringComparison.Ordinal) && shapes.ContainsKey(k[..^KeyWeight.Length] + ValueWeight))
            .Select(k => k[..^".to_k.weight".Length])
            .OrderBy(SortKey, StringComparer.Ordinal)
            .Select((name, index) =>
            {
                IReadOnlyList<long> key = shapes[name + ".to_k.weight"], value = shapes[name + ".to_v.weight"];
                var level = Level(name, config.Levels);
                return new AttentionLayer(name, index, 1 << level, checked((int)key[0]), config.HeadsAt(level), Product(key) + Product(value));
            })
            .ToArray();
        return new LayerCatalog(Kind(layers.Length, config.Levels), layers);
    }

    private static string Kind(int layers, int levels) => (layers, levels) switch
    {
        (16, 4) => "Stable Diffusion 1.x topology",
        (70, 3) => "Stable Diffusion XL topology",
        _ => $"U-Net of {levels} levels",
    };

    private static int Level(string name, int levels)
    {
        var block = name.Split('.') is [_, var number, ..] && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed) ? parsed : 0;
        var level = name.StartsWith("down_blocks", StringComparison.Ordinal) ? block
            : name.StartsWith("up_blocks", StringComparison.Ordinal) ? levels - 1 - block
            : levels - 1;
        return level >= 0 && level < levels
            ? level
            : throw CommandException.Environment($"the layer '{name}' lies outside the {levels} levels that unet/config.json describes.", "Weights and config.json do not belong together.");
    }

    private static long Product(IReadOnlyList<long> shape) => shape.Aggregate(1L, (a, b) => a * b);

    /// <summary>Numbers sort as numbers: block 10 after block 9.</summary>
    private static string SortKey(string name) => Digits().Replace(name, m => m.Value.PadLeft(4, '0'));

    [GeneratedRegex("[0-9]+", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Digits();
}
