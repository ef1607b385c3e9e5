using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Models.Layers;

namespace StyleProtect.Diffusion.Adapters;

/// <summary>Words for files that are no LoRA, or one for another model: what they are, and what to do.</summary>
internal static class LoraDiagnosis
{
    /// <summary>Parts of keys that only one family of models has.</summary>
    private static readonly (string Part, string Family)[] s_families =
    [
        ("single_transformer_blocks", "FLUX"), ("double_blocks", "FLUX"), ("single_blocks", "FLUX"), ("joint_blocks", "Stable Diffusion 3"),
        ("lora_te3_", "Stable Diffusion 3 or FLUX"), ("add_k_proj", "Stable Diffusion 3"), ("lora_prior_unet_", "Stable Cascade"),
        ("lora_te2_", "Stable Diffusion XL"), ("text_encoder_2.", "Stable Diffusion XL"), ("transformer_blocks_9_", "Stable Diffusion XL"),
        ("transformer_blocks.9.", "Stable Diffusion XL"), ("transformer_blocks_1_attn", "Stable Diffusion XL"),
        ("transformer_blocks.1.attn", "Stable Diffusion XL"), ("temporal", "a video model"), ("motion_modules", "AnimateDiff"),
        ("transformer.", "a diffusion transformer"), ("diffusion_model.blocks", "a diffusion transformer"),
    ];

    /// <summary>Parts of keys of files that are no LoRA.</summary>
    private static readonly (string Part, string Kind)[] s_kinds =
    [
        ("model.diffusion_model.", "a whole model; give it with --model"), ("control_model.", "a ControlNet"), ("controlnet_", "a ControlNet"),
        ("lora_controlnet", "a Control-LoRA"), ("ip_adapter.", "an IP-Adapter"), ("image_proj.", "an IP-Adapter"), ("motion_modules.", "an AnimateDiff module"),
        ("first_stage_model.", "an autoencoder"), ("decoder.up", "an autoencoder"), ("vision_model.", "a CLIP model"),
        ("text_model.encoder.layers.", "a text encoder"), ("down_blocks.0.resnets.", "a U-Net; give its model's folder with --model"),
    ];

    /// <summary>Ends of the names of the layers whose input is the text.</summary>
    private static readonly string[] s_readers = ["attn2.to_k", "attn2.to_v", "attn2_to_k", "attn2_to_v"];

    /// <summary>A file with keys that are not those of a LoRA.</summary>
    internal static CheckpointException NoLora(SafetensorsFile file, IReadOnlyCollection<LoraKey> loraKeys)
    {
        if (file.Entries.Count == 0) return new CheckpointException($"{file.Path}: the file has no tensors.");
        var known = loraKeys.Select(k => k.Key).ToHashSet(StringComparer.Ordinal);
        var foreign = file.Entries.Keys.Order(StringComparer.Ordinal).First(k => !known.Contains(k));
        var kind = loraKeys.Count > 0 ? null : KindOf(file);
        return kind is null
            ? new CheckpointException(
                $"{file.Path}: '{SafetensorsHeader.Shown(foreign)}' is not a key of a LoRA file (lora_A and lora_B, lora_down and lora_up, hada_…, lokr_…, " +
                "alpha).")
            : new CheckpointException($"{file.Path} is no LoRA: it looks like {kind}. It has keys such as '{SafetensorsHeader.Shown(foreign)}'.");
    }

    /// <summary>An adapter for a layer that the model does not have.</summary>
    internal static CheckpointException NoLayer(
        SafetensorsFile file, IReadOnlyCollection<LoraKey> keys, string stem, IReadOnlyDictionary<string, IAdaptable> layers) =>
        new($"{file.Path}: the model has no layer for the adapter '{SafetensorsHeader.Shown(stem)}'. {Made(file, keys, layers)}");

    /// <summary>A matrix of another shape than the layer's.</summary>
    internal static CheckpointException Misfit(
        SafetensorsFile file, IReadOnlyCollection<LoraKey> keys, string key, string wanted, IReadOnlyDictionary<string, IAdaptable> layers)
    {
        var other = Family(file, keys) is { } family && family != Family(layers) ? " " + Made(file, keys, layers) : "";
        return new CheckpointException(
            $"{file.Path}: '{SafetensorsHeader.Shown(key)}' has the shape [{string.Join(", ", file.Entries[key].Shape)}], the model's layer needs " +
            $"{wanted}.{other}");
    }

    private static string Made(SafetensorsFile file, IReadOnlyCollection<LoraKey> keys, IReadOnlyDictionary<string, IAdaptable> layers)
    {
        var made = Family(file, keys) is { } family ? family : "another kind of model";
        return Family(layers) is { } own && own != made ? $"The file was made for {made}, this model is {own}." : $"The file was made for {made}.";
    }

    private static string? KindOf(SafetensorsFile file)
    {
        foreach (var (part, kind) in s_kinds)
            if (file.Entries.Keys.Any(k => k.StartsWith(part, StringComparison.Ordinal))) return kind;
        return file.Entries.Count <= 2 && file.Entries.Values.All(e => e.Shape.Count is 1 or 2)
            ? "a learned embedding (Textual Inversion), which is not a change of weights"
            : null;
    }

    /// <summary>Width of the text says most surely what a U-Net was made for.</summary>
    private static string? Family(SafetensorsFile file, IReadOnlyCollection<LoraKey> keys)
    {
        var width = keys.Where(k => k.Role is LoraRole.Down && LooksAtText(k.Stem)).Select(k => file.Entries[k.Key].Shape).FirstOrDefault(s => s.Count > 1);
        if (width is not null && OfWidth(width[1]) is { } family) return family;
        foreach (var (part, name) in s_families)
            if (keys.Any(k => k.Stem.Contains(part, StringComparison.Ordinal))) return name;
        return null;
    }

    private static string? Family(IReadOnlyDictionary<string, IAdaptable> layers) => layers.Where(l => LooksAtText(l.Key))
        .Select(l => l.Value.Weight.shape[1]).FirstOrDefault() is > 0 and var width ? OfWidth(width) ?? $"one with a text width of {width}" : null;

    private static string? OfWidth(long width) => width switch
    {
        768 => "Stable Diffusion 1.x",
        1024 => "Stable Diffusion 2.x",
        2048 => "Stable Diffusion XL",
        _ => null,
    };

    private static bool LooksAtText(string name) => Array.Exists(s_readers, r => name.EndsWith(r, StringComparison.Ordinal));
}
