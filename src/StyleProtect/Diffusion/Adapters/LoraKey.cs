using StyleProtect.Diffusion.Checkpoints;

namespace StyleProtect.Diffusion.Adapters;

/// <summary>A key of a LoRA file, taken apart.</summary>
/// <param name="Key">The key.</param>
/// <param name="Stem">What stands before the role: the layer, in the file's naming.</param>
/// <param name="Role">What the tensor is.</param>
internal readonly record struct LoraKey(string Key, string Stem, LoraRole Role)
{
    /// <summary>The endings of diffusers, peft, kohya's scripts and LyCORIS. A longer ending stands before one that it ends with.</summary>
    private static readonly (string Ending, LoraRole Role)[] s_endings =
    [
        (".lora_A.weight", LoraRole.Down), (".lora_B.weight", LoraRole.Up), (".lora_A.default.weight", LoraRole.Down), (".lora_B.default.weight", LoraRole.Up),
        (".lora_down.weight", LoraRole.Down), (".lora_up.weight", LoraRole.Up), (".lora_mid.weight", LoraRole.Mid),
        (".lora_linear_layer.down.weight", LoraRole.Down), (".lora_linear_layer.up.weight", LoraRole.Up),
        (".lora.down.weight", LoraRole.Down), (".lora.up.weight", LoraRole.Up), ("_lora.down.weight", LoraRole.Down), ("_lora.up.weight", LoraRole.Up),
        (".lora.alpha", LoraRole.Alpha), (".alpha", LoraRole.Alpha),
        (".lora_magnitude_vector.default.weight", LoraRole.Magnitude), (".lora_magnitude_vector.weight", LoraRole.Magnitude),
        (".lora_magnitude_vector", LoraRole.Magnitude), (".dora_scale", LoraRole.DoraScale),
        (".hada_w1_a", LoraRole.HadaW1A), (".hada_w1_b", LoraRole.HadaW1B), (".hada_w2_a", LoraRole.HadaW2A), (".hada_w2_b", LoraRole.HadaW2B),
        (".hada_t1", LoraRole.HadaT1), (".hada_t2", LoraRole.HadaT2),
        (".lokr_w1", LoraRole.LokrW1), (".lokr_w1_a", LoraRole.LokrW1A), (".lokr_w1_b", LoraRole.LokrW1B),
        (".lokr_w2", LoraRole.LokrW2), (".lokr_w2_a", LoraRole.LokrW2A), (".lokr_w2_b", LoraRole.LokrW2B), (".lokr_t2", LoraRole.LokrT2),
        (".diff", LoraRole.Diff), (".diff_b", LoraRole.DiffBias),
    ];

    /// <summary>Endings of adapters that are not computed, and what they are called.</summary>
    private static readonly (string Ending, string Kind)[] s_others =
    [
        (".oft_blocks", "OFT"), (".oft_diag", "diagonal OFT"), (".on_input", "(IA)³"), (".w_norm", "trained norms"), (".b_norm", "trained norms"),
        (".a1.weight", "GLoRA"), (".a2.weight", "GLoRA"), (".b1.weight", "GLoRA"), (".b2.weight", "GLoRA"),
        (".lora_embedding_A", "LoRA on an embedding"), (".lora_embedding_B", "LoRA on an embedding"), (".lora_B.bias", "LoRA with a bias"),
        (".lora_up.bias", "LoRA with a bias"), (".vera_lambda_b", "VeRA"), (".vera_lambda_d", "VeRA"),
    ];

    /// <summary>Takes a key apart; null when it is not one of a LoRA file.</summary>
    internal static LoraKey? Parse(string key)
    {
        foreach (var (ending, role) in s_endings)
            if (key.Length > ending.Length && key.EndsWith(ending, StringComparison.Ordinal)) return new LoraKey(key, key[..^ending.Length], role);
        return null;
    }

    /// <summary>The kind of adapter that a key belongs to when it is one that is not computed.</summary>
    internal static string? UnsupportedKind(string key) => Array.Find(s_others, o => key.EndsWith(o.Ending, StringComparison.Ordinal)).Kind;

    /// <summary>The key as messages show it.</summary>
    internal string Shown => SafetensorsHeader.Shown(Key);
}
