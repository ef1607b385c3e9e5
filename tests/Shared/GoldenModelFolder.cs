using System.Text.Json.Nodes;
using StyleProtect.Diffusion.Checkpoints;
using static TorchSharp.torch;

namespace StyleProtect.Testing;

/// <summary>
/// Writes model folders in diffusers layout from the golden files: tiny models with real (random) weights, on which everything runs. Pictures of 32 × 32,
/// latents of 16 × 16. Needs the linked golden files beside the test assembly.
/// </summary>
public static class GoldenModelFolder
{
    private static readonly Lazy<Dictionary<string, JsonNode>> s_manifest = new(() =>
        JsonNode.Parse(File.ReadAllText(PathOf("manifest.json")))!["entries"]!.AsArray()
            .ToDictionary(e => (string)e!["name"]!, e => e!, StringComparer.Ordinal));

    /// <summary>Stable Diffusion 1.x: four levels, sixteen cross-attention layers.</summary>
    /// <param name="folder">The folder, which is made.</param>
    /// <param name="spoil">Changes the U-Net's weights before they are written; or null.</param>
    public static string WriteStableDiffusion1(string folder, Action<Dictionary<string, Tensor>>? spoil = null)
    {
        WriteIndex(folder, "StableDiffusionPipeline", ("vae", "AutoencoderKL"), ("unet", "UNet2DConditionModel"), ("text_encoder", "CLIPTextModel"),
            ("tokenizer", "WordLevelTokenizer"), ("scheduler", "DDPMScheduler"));
        WritePart(folder, "unet", "unet/sd1", "diffusion_pytorch_model", spoil);
        WriteCommonParts(folder);
        return folder;
    }

    /// <summary>Stable Diffusion 2.x's linear projections in a U-Net of two levels, which takes less than half the time of four.</summary>
    /// <param name="folder">The folder, which is made.</param>
    /// <param name="spoil">Changes the U-Net's weights before they are written; or null.</param>
    public static string WriteStableDiffusion2(string folder, Action<Dictionary<string, Tensor>>? spoil = null)
    {
        WriteIndex(folder, "StableDiffusionPipeline", ("vae", "AutoencoderKL"), ("unet", "UNet2DConditionModel"), ("text_encoder", "CLIPTextModel"),
            ("tokenizer", "WordLevelTokenizer"), ("scheduler", "DDPMScheduler"));
        WritePart(folder, "unet", "unet/sd2_linear_proj", "diffusion_pytorch_model", spoil);
        WriteCommonParts(folder);
        return folder;
    }

    /// <summary>
    /// Stable Diffusion XL with two text encoders. The golden U-Net attends to a text as wide as one of them; here its K and V read the second one beside it,
    /// with the weights of the first in reverse order.
    /// </summary>
    public static string WriteStableDiffusionXl(string folder)
    {
        WriteIndex(folder, "StableDiffusionXLPipeline", ("vae", "AutoencoderKL"), ("unet", "UNet2DConditionModel"), ("text_encoder", "CLIPTextModel"),
            ("text_encoder_2", "CLIPTextModelWithProjection"), ("tokenizer", "WordLevelTokenizer"), ("tokenizer_2", "WordLevelTokenizer"),
            ("scheduler", "DDPMScheduler"));
        WritePart(folder, "unet", "unet/sdxl", "diffusion_pytorch_model", Widen);
        var unet = Path.Combine(folder, "unet", "config.json");
        var config = JsonNode.Parse(File.ReadAllText(unet))!;
        config["cross_attention_dim"] = 2 * (int)config["cross_attention_dim"]!;
        File.WriteAllText(unet, config.ToJsonString());
        WritePart(folder, "text_encoder_2", "clip/text_with_projection", "model");
        WriteCommonParts(folder);
        WriteTokenizer(Path.Combine(folder, "tokenizer_2"), pad: "!"); // as the published second tokenizer does
        return folder;

        static void Widen(Dictionary<string, Tensor> weights)
        {
            foreach (var name in weights.Keys.Where(k => k.Contains("attn2.to_k", StringComparison.Ordinal)
                    || k.Contains("attn2.to_v", StringComparison.Ordinal)).ToArray())
                weights[name] = cat([weights[name], weights[name].flip(1)], 1);
        }
    }

    /// <summary>Number of weights that a golden file stores.</summary>
    public static long ParametersOf(string golden)
    {
        using var file = SafetensorsFile.Open(PathOf(golden + ".safetensors"));
        return file.Entries.Values.Where(e => e.Name.StartsWith("w.", StringComparison.Ordinal)).Sum(e => e.Shape.Aggregate(1L, (a, b) => a * b));
    }

    private static void WriteCommonParts(string folder)
    {
        WritePart(folder, "vae", "vae/encode", "diffusion_pytorch_model");
        WritePart(folder, "text_encoder", "clip/text_sd1_quickgelu", "model");
        WriteTokenizer(Path.Combine(folder, "tokenizer"));
        Directory.CreateDirectory(Path.Combine(folder, "scheduler"));
        File.WriteAllText(
            Path.Combine(folder, "scheduler", "scheduler_config.json"),
            """{"_class_name":"DDPMScheduler","num_train_timesteps":1000,"beta_start":0.00085,"beta_end":0.012,""" +
            """ "beta_schedule":"scaled_linear","prediction_type":"epsilon"}""");
    }

    // A token a word, with the ids of start and end that the text encoder's configuration names: its vocabulary of 99 has no room for byte pairs.
    private static void WriteTokenizer(string folder, string pad = "<|endoftext|>")
    {
        var vocabulary = new JsonObject();
        foreach (var (word, id) in ((string[])["a", "photo", "of", "an", "artwork", "oil", "painting", "sks", "!"]).Select((w, i) => (w, i)))
            vocabulary[word] = id;
        (vocabulary["<|unknown|>"], vocabulary["<|startoftext|>"], vocabulary["<|endoftext|>"]) = (96, 97, 98);
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "vocab.json"), vocabulary.ToJsonString());
        File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"),
            $$"""{"tokenizer_class":"WordLevelTokenizer","model_max_length":77,"pad_token":"{{pad}}"}""");
    }

    private static void WriteIndex(string folder, string pipeline, params (string Part, string Class)[] parts)
    {
        Directory.CreateDirectory(folder);
        var index = new JsonObject { ["_class_name"] = pipeline };
        foreach (var (part, className) in parts)
            index[part] = new JsonArray(part.StartsWith('t') ? "transformers" : "diffusers", className);
        File.WriteAllText(Path.Combine(folder, "model_index.json"), index.ToJsonString());
    }

    private static void WritePart(string folder, string part, string golden, string stem, Action<Dictionary<string, Tensor>>? spoil = null)
    {
        using var scope = NewDisposeScope();
        Directory.CreateDirectory(Path.Combine(folder, part));
        var config = s_manifest.Value[golden]["config"]!.DeepClone();
        if (part == "vae") config["_class_name"] = "AutoencoderKL"; // as diffusers writes it; the golden files leave it out
        File.WriteAllText(Path.Combine(folder, part, "config.json"), config.ToJsonString());
        using var file = SafetensorsFile.Open(PathOf(golden + ".safetensors"));
        var weights = file.Entries.Keys.Where(k => k.StartsWith("w.", StringComparison.Ordinal)).ToDictionary(k => k[2..], file.Read, StringComparer.Ordinal);
        spoil?.Invoke(weights);
        SafetensorsWriter.Write(Path.Combine(folder, part, stem + ".safetensors"), weights);
    }

    private static string PathOf(string relative) => Path.Combine(AppContext.BaseDirectory, "Golden", relative);
}
