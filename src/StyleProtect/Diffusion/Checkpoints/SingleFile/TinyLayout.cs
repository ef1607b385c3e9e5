using System.Globalization;
using StyleProtect.Diffusion.Models;

namespace StyleProtect.Diffusion.Checkpoints.SingleFile;

/// <summary>
/// Autoencoders of the TAESD family: two files of numbered layers (<c>taesd_encoder.safetensors</c> with <c>0.weight</c>, <c>taesd_decoder.safetensors</c> with
/// <c>1.weight</c>), or one with diffusers' <c>encoder.layers.</c> and <c>decoder.layers.</c>.
/// </summary>
internal static class TinyLayout
{
    private const string EncoderLayers = "encoder.layers.";
    private const string DecoderLayers = "decoder.layers.";

    internal static bool IsDiffusers(KeySet keys) => keys.Has(EncoderLayers + "0.weight") && keys.Has(EncoderLayers + "1.conv.0.weight");

    internal static bool IsEncoder(KeySet keys) => keys.Has("0.weight") && keys.Has("1.conv.0.weight") && keys.Has("1.conv.4.weight");

    internal static bool IsDecoder(KeySet keys) => !keys.Has("0.weight") && keys.Has("1.weight") && keys.Has("3.conv.0.weight") && keys.Has("3.conv.4.weight");

    /// <summary>The file with the other half, or null where there is none beside: the same name with encoder and decoder exchanged.</summary>
    internal static string? Partner(string path)
    {
        var name = Path.GetFileName(path);
        foreach (var (mine, other) in (ReadOnlySpan<(string, string)>)[("encoder", "decoder"), ("decoder", "encoder")])
        {
            var at = name.LastIndexOf(mine, StringComparison.OrdinalIgnoreCase);
            if (at < 0) continue;
            var partner = Path.Combine(Path.GetDirectoryName(path) ?? "", name[..at] + other + name[(at + mine.Length)..]);
            return File.Exists(partner) ? partner : null;
        }

        return null;
    }

    /// <summary>Configuration and keys.</summary>
    /// <param name="encoder">The encoder's layers, below diffusers' prefix or in a file of their own.</param>
    /// <param name="decoder">The decoder's layers likewise; null where there is none.</param>
    /// <exception cref="CheckpointException">The layers are not those of such an autoencoder, or the halves do not belong together.</exception>
    internal static (AutoencoderTinyConfig Config, PartKeys Keys) Read(KeySet encoder, KeySet? decoder)
    {
        var down = Layers(encoder, first: 0);
        // The original list starts with the layer that bounds the latents.
        var (up, offset) = decoder is null ? (null, 0) : (Layers(decoder, decoder.Has("0.weight") ? 0 : 1), decoder.Has("0.weight") ? 0 : 1);
        if (up is not null && (up.Inner != down.Outer || up.Blocks.Count != down.Blocks.Count || up.Pool != down.Pool))
            throw new CheckpointException(
                $"{decoder!.Path} decodes {up.Inner} latent channels in {up.Blocks.Count} levels, and {encoder.Path} encodes {down.Outer} in " +
                $"{down.Blocks.Count}: they are not halves of the same autoencoder.");
        if (down.Inner != 3 || up is { Outer: not 3 })
            throw new CheckpointException(
                $"{encoder.Path}: this autoencoder has pictures of {(down.Inner != 3 ? down.Inner : up!.Outer)} channels; 3 are supported.");
        var weights = new Dictionary<string, StoredWeight>(StringComparer.Ordinal);
        Add(weights, encoder, EncoderLayers, 0);
        if (decoder is not null) Add(weights, decoder, DecoderLayers, offset);
        var config = new AutoencoderTinyConfig
        {
            LatentChannels = down.Outer,
            EncoderBlockOutChannels = [.. down.Blocks.Select(_ => down.Width)],
            NumEncoderBlocks = down.Blocks,
            DecoderBlockOutChannels = [.. down.Blocks.Select(_ => up?.Width ?? down.Width)],
            NumDecoderBlocks = up?.Blocks ?? [.. down.Blocks.Reverse()],
            UseMidblockGn = down.Pool,
            SampleSize = down.Outer == 4 ? 512 : 1024,
        };
        return (config, new PartKeys(weights, []));
    }

    private static void Add(Dictionary<string, StoredWeight> weights, KeySet keys, string prefix, int offset)
    {
        foreach (var key in keys.Keys)
        {
            var dot = key.IndexOf('.', StringComparison.Ordinal);
            var full = keys.Prefix + key;
            var name = dot > 0 && Number(key[..dot]) is { } n && n >= offset ? $"{prefix}{n - offset}{key[dot..]}" : full;
            PartKeys.Add(weights, keys.Path, full, (name, WeightForm.AsStored));
        }
    }

    /// <summary>Walks the numbered layers: a convolution, then blocks, and a convolution after the blocks of each level.</summary>
    private static Half Layers(KeySet keys, int first)
    {
        int inner = keys.Size($"{first}.weight", 1, 4), width = keys.Size($"{first}.weight", 0, 4), outer = width;
        var last = keys.Keys.Select(k => Number(k.Split('.')[0]) ?? throw Strange(keys, k)).Max();
        var blocks = new List<int>();
        var (count, pool) = (0, false);
        for (var n = first + 1; n <= last; n++)
        {
            if (keys.Has($"{n}.conv.0.weight"))
            {
                count++;
                pool |= keys.Has($"{n}.pool.0.weight");
            }
            else if (keys.Has($"{n}.weight"))
            {
                outer = keys.Size($"{n}.weight", 0, 4);
                blocks.Add(count);
                count = 0;
            }
        }

        if (count > 0 || blocks.Count is 0 or > 8) throw Strange(keys, $"{last}");
        return new Half(inner, width, outer, blocks, pool);
    }

    private static int? Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n < 1000 ? n : null;

    private static CheckpointException Strange(KeySet keys, string key) =>
        new($"{keys.Path}: the layers of this autoencoder are not those of the TAESD family ('{SafetensorsHeader.Shown(keys.Prefix + key)}').");

    private sealed record Half(int Inner, int Width, int Outer, IReadOnlyList<int> Blocks, bool Pool);
}
