namespace StyleProtect.Diffusion.Checkpoints.SingleFile;

/// <summary>What a safetensors file is, by its keys and shapes, and what to do where it is not what was asked for.</summary>
/// <param name="Name">The kind.</param>
/// <param name="What">What it is, as in "a LoRA (adapter)".</param>
/// <param name="Next">What to do.</param>
internal sealed record FileKind(string Name, string What, string Next)
{
    internal const string UNet = "unet";
    internal const string Unknown = "unknown";

    private const string NeedsModel = "Name a Stable Diffusion 1.x, 2.x or XL checkpoint, a folder in diffusers' layout, or an autoencoder.";

    internal bool Is(string name) => Name == name;

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
        bool Any(Func<string, bool> test) => keys.Keys.Any(test);
        bool Contains(string part) => Any(k => k.Contains(part, StringComparison.Ordinal));
        if (keys.Count == 0) return new FileKind("empty", "a safetensors file without tensors", $"Download it again. {NeedsModel}");
        if (Any(IsAdapterKey))
            return new FileKind("lora", "a LoRA (an adapter), not a model", "Name the model that it was made for with --model, and this file with --lora.");
        if (keys.HasAny("control_model.") || keys.HasAny("input_hint_block.") || keys.HasAny("controlnet_") || keys.Has("lora_controlnet"))
            return new FileKind("controlnet", "a ControlNet, which steers a model and is none", NeedsModel);
        if (keys.HasAny("ip_adapter.") || keys.HasAny("image_proj."))
            return new FileKind("ip-adapter", "an IP-Adapter, which steers a model and is none", NeedsModel);
        if (keys.HasAny("adapter.body.") || (keys.HasAny("body.") && keys.Has("conv_in.weight")))
            return new FileKind("t2i-adapter", "a T2I-Adapter, which steers a model and is none", NeedsModel);
        if (Contains("motion_modules.")) return new FileKind("motion", "a motion module of AnimateDiff, an addition to a model", NeedsModel);
        if (IsEmbedding(keys))
            return new FileKind("embedding", "a textual-inversion embedding, not a model", "It belongs to a prompt of the model that it was made for. " + NeedsModel);
        if (Classifier(keys) is { } network)
            return new FileKind("classifier", $"{network}, a network that measures pictures and makes none", NeedsModel);
        if (TransformerOf(keys) is { } transformer)
            return new FileKind("transformer", $"the transformer of {transformer}", "Transformers are not used; name the autoencoder of the model, with a method that needs no U-Net.");
        if (UNetLayout.IsIn(keys) || UNetLayout.IsIn(keys.Below("model.diffusion_model.")))
            return new FileKind(UNet, "a U-Net in the original layout", "Name the whole checkpoint, with autoencoder and text encoder.");
        if (keys.Has("conv_in.weight") && keys.HasAny("down_blocks.0.resnets.") && keys.HasAny("time_embedding."))
            return new FileKind(
                "diffusers-unet", "the U-Net of a model in diffusers' layout, one part of a folder", "Name the folder above, which has model_index.json and the other parts.");
        if (AutoencoderLayout.IsOriginal(keys) || AutoencoderLayout.IsDiffusers(keys) || TinyLayout.IsDiffusers(keys) || TinyLayout.IsEncoder(keys) || TinyLayout.IsDecoder(keys))
            return new FileKind("autoencoder", "an autoencoder", "Name it with --vae, or with --model for a method that needs no U-Net.");
        if (Contains("vision_model.encoder.") || keys.Has("visual.conv1.weight") || keys.Has("visual.class_embedding"))
            return new FileKind("clip", "a CLIP model, which compares texts and pictures and makes none", NeedsModel);
        if (Contains("text_model.encoder.layers.0.") || TextLayout.IsOpenClip(keys) || keys.HasAny("encoder.block.0.layer.0.SelfAttention."))
            return new FileKind("text-encoder", "a text encoder, one part of a model", NeedsModel);
        if (keys.Has("conv_first.weight") || keys.HasAny("model.1.sub.0.RDB1."))
            return new FileKind("upscaler", "an upscaler of the ESRGAN family", NeedsModel);
        if (keys.HasAny("encoder.stages.") || keys.HasAny("encoder.down_blocks.0.0."))
            return new FileKind("dc-ae", "a deep-compression autoencoder (AutoencoderDC, of Sana), which is not supported", NeedsModel);
        if (keys.HasAny("encoder.downsamples.") || keys.Has("encoder.conv1.weight") || (keys.HasAny("encoder.down_blocks.") && keys.HasAny("quant_conv.")))
            return new FileKind("video-autoencoder", "a video autoencoder (of Wan or Qwen-Image), which is not supported", NeedsModel);
        return new FileKind(
            Unknown, $"a safetensors file of a kind that is not known (its first key is '{SafetensorsHeader.Shown(keys.Keys.Order(StringComparer.Ordinal).First())}')",
            NeedsModel);
    }

    /// <summary>The family of a diffusion transformer, with or without the prefix of a whole checkpoint; null for other files.</summary>
    internal static string? TransformerOf(KeySet keys)
    {
        foreach (var set in (ReadOnlySpan<KeySet>)[keys.Below("model.diffusion_model."), keys])
        {
            if (set.HasAny("joint_blocks.0.")) return "Stable Diffusion 3";
            if (set.HasAny("double_blocks.0.img_attn.")) return set.HasAny("double_stream_modulation_img.") ? "FLUX.2" : "FLUX.1";
            if (set.HasAny("single_transformer_blocks.0.")) return "FLUX";
            if (set.HasAny("double_layers.0.") || set.HasAny("single_layers.0.")) return "AuraFlow";
            if (set.HasAny("transformer_blocks.0.img_mlp.") || set.HasAny("transformer_blocks.0.img_mod.")) return "Qwen-Image";
            if (set.HasAny("transformer_blocks.0.attn.") && set.HasAny("pos_embed.")) return "Stable Diffusion 3 (diffusers' layout)";
            if (set.HasAny("blocks.0.self_attn.") || set.HasAny("blocks.0.cross_attn.") || set.HasAny("blocks.0.attn1.")) return "Wan, PixArt or a model like it";
            if (set.HasAny("layers.0.attention.") && set.HasAny("cap_embedder.")) return "Lumina or Z-Image";
        }

        return null;
    }

    private static bool IsAdapterKey(string key) =>
        key.EndsWith(".lora_down.weight", StringComparison.Ordinal) || key.EndsWith(".lora_A.weight", StringComparison.Ordinal) ||
        key.EndsWith(".lora.down.weight", StringComparison.Ordinal) || key.EndsWith(".lora_A.default.weight", StringComparison.Ordinal) ||
        key.EndsWith(".hada_w1_a", StringComparison.Ordinal) || key.Contains(".lokr_w1", StringComparison.Ordinal) || key.Contains(".oft_blocks", StringComparison.Ordinal) ||
        key.Contains(".to_k_lora.", StringComparison.Ordinal) || key.EndsWith(".dora_scale", StringComparison.Ordinal);

    /// <summary>One or a few vectors for words: A1111's <c>emb_params</c>, XL's <c>clip_l</c> and <c>clip_g</c>, diffusers' one tensor named like the word.</summary>
    private static bool IsEmbedding(KeySet keys) =>
        keys.Has("emb_params") || keys.HasAny("string_to_param") || (keys.Count <= 2 && (keys.Has("clip_l") || keys.Has("clip_g"))) ||
        (keys.Count == 1 && keys.Entry(keys.Keys.First()).Shape is [>= 64 and <= 8192] or [<= 256, >= 64 and <= 8192] && !keys.Keys.First().EndsWith(".weight", StringComparison.Ordinal));

    private static string? Classifier(KeySet keys)
    {
        if (keys.HasAny("lin0.") || keys.Has("link0.model.1.weight") || keys.HasAny("linK.") || (keys.HasAny("link") && keys.Count <= 8)) return "LPIPS' weights";
        if (keys.HasAny("features.3.squeeze.")) return "SqueezeNet";
        if (!keys.Has("features.0.weight")) return null;
        return keys.Entry("features.0.weight").Shape switch
        {
            [64, 3, 11, 11] => "AlexNet",
            [64, 3, 3, 3] => "a VGG network",
            _ => "an image classifier",
        };
    }
}
