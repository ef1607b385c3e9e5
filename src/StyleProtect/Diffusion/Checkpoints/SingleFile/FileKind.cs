namespace StyleProtect.Diffusion.Checkpoints.SingleFile;

/// <summary>What a safetensors file is, by its keys and shapes, and what to do where it is not what was asked for.</summary>
/// <param name="Name">The kind.</param>
/// <param name="What">What it is, as in "a LoRA (an adapter), not a model".</param>
/// <param name="Next">What to do.</param>
internal sealed record FileKind(string Name, string What, string Next)
{
    internal const string UNet = "unet";
    internal const string Lora = "lora";
    internal const string Embedding = "embedding";
    internal const string Autoencoder = "autoencoder";
    internal const string Unknown = "unknown";

    private const string NeedsModel = "Name a Stable Diffusion 1.x, 2.x or XL checkpoint, a folder in diffusers' layout, or an autoencoder.";

    /// <summary>The kinds, of which the first that fits counts: those that hold parts of a model beside their own come before the model's.</summary>
    private static readonly Rule[] s_rules =
    [
        new("empty", k => k.Count == 0, "a safetensors file without tensors", $"Download it again. {NeedsModel}"),
        new(Lora, k => k.Keys.Any(IsAdapterKey), "a LoRA (an adapter), not a model",
            "Name the model that it was made for with --model, and this file with --lora."),
        new("controlnet", k => k.HasAny("control_model.") || k.HasAny("input_hint_block.") || k.HasAny("controlnet_") || k.Has("lora_controlnet"),
            "a ControlNet, which steers a model and is none", NeedsModel),
        new("ip-adapter", k => k.HasAny("ip_adapter.") || k.HasAny("image_proj."), "an IP-Adapter, which steers a model and is none", NeedsModel),
        new("t2i-adapter", k => k.HasAny("adapter.body.") || (k.HasAny("body.") && k.Has("conv_in.weight")),
            "a T2I-Adapter, which steers a model and is none", NeedsModel),
        new("motion-module", k => Contains(k, "motion_modules."), "a motion module of AnimateDiff, an addition to a model", NeedsModel),
        new(Embedding, IsEmbedding, "a textual-inversion embedding, not a model", $"It belongs to a prompt of the model that it was made for. {NeedsModel}"),
        new("lpips", k => k.HasAny("lin0.") || k.HasAny("link0."), "LPIPS' weights, which measure pictures and make none", NeedsModel),
        new("squeezenet", k => k.HasAny("features.3.squeeze."), "SqueezeNet, a network that measures pictures and makes none", NeedsModel),
        new("alexnet", k => FirstKernel(k) is [64, 3, 11, 11], "AlexNet, a network that measures pictures and makes none", NeedsModel),
        new("vgg", k => FirstKernel(k) is [64, 3, 3, 3], "a VGG network, which measures pictures and makes none", NeedsModel),
        new("classifier", k => FirstKernel(k) is not null, "an image classifier, which measures pictures and makes none", NeedsModel),
        new("transformer", k => TransformerOf(k) is not null, "the transformer of a model",
            "Transformers are not used; name the autoencoder of the model, with a method that needs no U-Net."),
        new(UNet, k => UNetLayout.IsIn(k) || UNetLayout.IsIn(k.Below("model.diffusion_model.")), "a U-Net in the original layout",
            "Name the whole checkpoint, with autoencoder and text encoder."),
        new("diffusers-unet", k => k.Has("conv_in.weight") && k.HasAny("down_blocks.0.resnets.") && k.HasAny("time_embedding."),
            "the U-Net of a model in diffusers' layout, one part of a folder",
            $"Name the folder above, which has {ModelIndex.FileName} and the other parts."),
        new(Autoencoder,
            k => AutoencoderLayout.IsOriginal(k) || AutoencoderLayout.IsDiffusers(k) || TinyLayout.IsDiffusers(k) || TinyLayout.IsEncoder(k) ||
                TinyLayout.IsDecoder(k),
            "an autoencoder", "Name it with --vae, or with --model for a method that needs no U-Net."),
        new("clip", k => Contains(k, "vision_model.encoder.") || k.Has("visual.conv1.weight") || k.Has("visual.class_embedding"),
            "a CLIP model, which compares texts and pictures and makes none", NeedsModel),
        new("text-encoder",
            k => Contains(k, "text_model.encoder.layers.0.") || TextLayout.IsOpenClip(k) || k.HasAny("encoder.block.0.layer.0.SelfAttention."),
            "a text encoder, one part of a model", NeedsModel),
        new("upscaler", k => k.Has("conv_first.weight") || k.HasAny("model.1.sub.0.RDB1."), "an upscaler of the ESRGAN family", NeedsModel),
        new("deep-compression-autoencoder", k => k.HasAny("encoder.stages.") || k.HasAny("encoder.down_blocks.0.0."),
            "a deep-compression autoencoder (AutoencoderDC, of Sana), which is not supported", NeedsModel),
        new("video-autoencoder",
            k => k.HasAny("encoder.downsamples.") || k.Has("encoder.conv1.weight") || (k.HasAny("encoder.down_blocks.") && k.HasAny("quant_conv.")),
            "a video autoencoder (of Wan or Qwen-Image), which is not supported", NeedsModel),
    ];

    internal bool Is(string name) => Name == name;

    /// <summary>The exception for a file of this kind where another was asked for.</summary>
    internal CheckpointException Refusal(string path) => new($"'{path}' is {What}. {Next}");

    /// <summary>Opens a file and says what it is.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="SafetensorsException">It is not a safetensors file; the message says what it is where that can be seen.</exception>
    internal static FileKind Of(string path)
    {
        using var file = SafetensorsFile.Open(path);
        return Of(new KeySet(path, file.Entries.Values));
    }

    /// <summary>What tensors are.</summary>
    internal static FileKind Of(KeySet keys)
    {
        foreach (var rule in s_rules)
            if (rule.Fits(keys)) return new FileKind(rule.Name, rule.What, rule.Next);
        var first = SafetensorsHeader.Shown(keys.Keys.Order(StringComparer.Ordinal).First());
        return new FileKind(Unknown, $"a safetensors file of a kind that is not known (its first key is '{first}')", NeedsModel);
    }

    /// <summary>The family of a diffusion transformer, with or without the prefix of a whole checkpoint; null for other files.</summary>
    internal static string? TransformerOf(KeySet keys)
    {
        foreach (var set in (ReadOnlySpan<KeySet>)[keys.Below("model.diffusion_model."), keys])
        {
            if (set.HasAny("joint_blocks.0.")) return "Stable Diffusion 3";
            if (set.HasAny("double_blocks.0.img_attn.")) return set.HasAny("double_stream_modulation_img.") ? "FLUX.2" : "FLUX.1";
            if (set.HasAny("single_transformer_blocks.0.")) return "FLUX (diffusers' layout)";
            if (set.HasAny("double_layers.0.") || set.HasAny("single_layers.0.")) return "AuraFlow";
            if (set.HasAny("transformer_blocks.0.img_mlp.") || set.HasAny("transformer_blocks.0.img_mod.")) return "Qwen-Image";
            if (set.HasAny("transformer_blocks.0.attn.") && set.HasAny("pos_embed.")) return "Stable Diffusion 3 (diffusers' layout)";
            if (set.HasAny("blocks.0.self_attn.") || set.HasAny("blocks.0.cross_attn.") || set.HasAny("blocks.0.attn1."))
                return "Wan, PixArt or a model like it";
            if (set.HasAny("layers.0.attention.") && set.HasAny("cap_embedder.")) return "Lumina or Z-Image";
        }

        return null;
    }

    private static bool Contains(KeySet keys, string part) => keys.Keys.Any(k => k.Contains(part, StringComparison.Ordinal));

    private static IReadOnlyList<long>? FirstKernel(KeySet keys) => keys.Has("features.0.weight") ? keys.Entry("features.0.weight").Shape : null;

    private static bool IsAdapterKey(string key)
    {
        foreach (var end in (ReadOnlySpan<string>)
            [".lora_down.weight", ".lora_A.weight", ".lora.down.weight", ".lora_A.default.weight", ".hada_w1_a", ".lokr_w1", ".lokr_w1_a", ".dora_scale"])
            if (key.EndsWith(end, StringComparison.Ordinal)) return true;
        return key.Contains(".to_k_lora.", StringComparison.Ordinal) || key.Contains(".oft_blocks", StringComparison.Ordinal);
    }

    /// <summary>
    /// One or a few vectors for words: A1111's <c>emb_params</c>, XL's <c>clip_l</c> and <c>clip_g</c>, diffusers' one tensor named like the word.
    /// </summary>
    private static bool IsEmbedding(KeySet keys)
    {
        if (keys.Has("emb_params") || keys.HasAny("string_to_param")) return true;
        if (keys.Count <= 2 && (keys.Has("clip_l") || keys.Has("clip_g"))) return true;
        return keys.Count == 1 && !keys.Keys.First().EndsWith(".weight", StringComparison.Ordinal) &&
            keys.Entry(keys.Keys.First()).Shape is [>= 64 and <= 8192] or [<= 256, >= 64 and <= 8192];
    }

    private sealed record Rule(string Name, Func<KeySet, bool> Fits, string What, string Next);
}
