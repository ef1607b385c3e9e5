using System.Text.Json.Nodes;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Native;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Shared;

/// <summary>
/// A whole model in diffusers' folder layout that protects in milliseconds: the tiny U-Net (Stable Diffusion 1.x topology, sixteen cross-attention layers),
/// autoencoder (latents of half the side), text encoder and tokenizer of the golden files. Its pictures have 32 × 32 pixels. Gone after the test.
/// </summary>
internal sealed class TinyModelFolder : IDisposable
{
    /// <summary>Side of the pictures that the model sees.</summary>
    internal const int PictureSize = 32;

    private static readonly (string Part, string Library, string Class, string Golden, string File)[] s_parts =
    [
        ("unet", "diffusers", "UNet2DConditionModel", "unet/sd1", "diffusion_pytorch_model.safetensors"),
        ("vae", "diffusers", "AutoencoderKL", "vae/encode", "diffusion_pytorch_model.safetensors"),
        ("text_encoder", "transformers", "CLIPTextModel", "clip/text_sd1_quickgelu", "model.safetensors"),
    ];

    /// <summary>Writes the model.</summary>
    /// <param name="change">Changes weights before they are written: part and state dictionary.</param>
    /// <param name="scheduler">The scheduler's configuration; null for Stable Diffusion's noise schedule.</param>
    internal TinyModelFolder(Action<string, Dictionary<string, Tensor>>? change = null, string? scheduler = null)
    {
        TorchRuntime.EnsureLoaded();
        var manifest = JsonNode.Parse(File.ReadAllText(Golden("manifest.json")))!["entries"]!.AsArray();
        var index = new JsonObject { ["_class_name"] = "StableDiffusionPipeline" };
        foreach (var (part, library, type, golden, file) in s_parts)
        {
            index[part] = new JsonArray(library, type);
            Directory.CreateDirectory(System.IO.Path.Combine(Path, part));
            WriteText(part, "config.json", manifest.Single(e => e!["name"]!.GetValue<string>() == golden)!["config"]!.ToJsonString());
            using var scope = NewDisposeScope();
            using var source = SafetensorsFile.Open(Golden(golden + ".safetensors"));
            var weights = source.Entries.Keys.Where(k => k.StartsWith("w.", StringComparison.Ordinal)).ToDictionary(k => k[2..], source.Read, StringComparer.Ordinal);
            change?.Invoke(part, weights);
            SafetensorsWriter.Write(System.IO.Path.Combine(Path, part, file), weights);
        }

        index["tokenizer"] = new JsonArray("transformers", "CLIPTokenizer");
        index["scheduler"] = new JsonArray("diffusers", "DDPMScheduler");
        foreach (var name in (string[])["vocab.json", "merges.txt"]) WriteText("tokenizer", name, File.ReadAllText(Golden($"tokenizer/{name}")));
        WriteText("scheduler", "scheduler_config.json", scheduler ?? """{"_class_name": "DDPMScheduler", "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}""");
        WriteText("", "model_index.json", index.ToJsonString());
    }

    /// <summary>The folder.</summary>
    internal string Path { get; } = Directory.CreateTempSubdirectory("styleprotect-model-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private static string Golden(string relative) => System.IO.Path.Combine(AppContext.BaseDirectory, "Golden", relative);

    private void WriteText(string part, string name, string text)
    {
        var folder = System.IO.Path.Combine(Path, part);
        Directory.CreateDirectory(folder);
        File.WriteAllText(System.IO.Path.Combine(folder, name), text);
    }
}
