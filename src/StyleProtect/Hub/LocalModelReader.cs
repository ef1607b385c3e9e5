using System.Text.Json;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Hub.Cache;

namespace StyleProtect.Hub;

/// <summary>What a folder or file is, from its configuration or the names of its tensors; no weights are read.</summary>
/// <param name="Kind">Class of the pipeline or model, or a description.</param>
/// <param name="Parts">The parts that are there.</param>
/// <param name="Ability">What they are enough for.</param>
/// <param name="Fault">Why it cannot be read; null where it can.</param>
internal sealed record LocalModelFacts(string Kind, IReadOnlyList<string> Parts, ModelAbility Ability, string? Fault = null);

/// <summary>Looks at models cheaply. This is the one place that decides what a file or folder is for lists.</summary>
internal static class LocalModelReader
{
    private const string Weights = ".safetensors";
    private static readonly string[] s_autoencoders = ["AutoencoderKL", "AutoencoderTiny"];
    private static readonly string[] s_vocabularies = ["vocab.json", "tokenizer.json", "vocab.txt"];
    private static readonly string[] s_withWeights = ["vae", "unet", "text_encoder", "text_encoder_2", "transformer"];
    private static readonly LocalModelFacts s_none = new("no model", [], ModelAbility.None);

    /// <summary>Looks at a folder or file.</summary>
    internal static LocalModelFacts Read(string path)
    {
        try
        {
            return File.Exists(path) ? OfFile(path)
                : File.Exists(Path.Combine(path, ModelIndex.FileName)) ? OfPipeline(path)
                : File.Exists(Path.Combine(path, "config.json")) && WeightsIn(path).Any() ? OfComponent(path)
                : WeightsIn(path).ToArray() is { Length: > 0 } files ? OfFiles(files)
                : s_vocabularies.Any(v => File.Exists(Path.Combine(path, v))) ? new LocalModelFacts("tokenizer", ["tokenizer"], ModelAbility.Part)
                : s_none;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return s_none with { Kind = "unreadable", Fault = e.Message };
        }
    }

    private static LocalModelFacts OfPipeline(string folder)
    {
        var index = ModelIndex.Read(Path.Combine(folder, ModelIndex.FileName));
        string[] parts = [.. index.Parts.Keys.Where(p => Directory.Exists(Path.Combine(folder, p)) && (!s_withWeights.Contains(p, StringComparer.Ordinal)
            || WeightsIn(Path.Combine(folder, p)).Any())).Order(StringComparer.Ordinal)];
        bool Has(string part) => parts.Contains(part, StringComparer.Ordinal);
        var ability = Has("vae") ? Has("unet") && Has("text_encoder") && Has("tokenizer") ? ModelAbility.EveryMethod : ModelAbility.AutoencoderMethods
            : Has("unet") ? ModelAbility.Part : ModelAbility.None;
        return new LocalModelFacts(index.PipelineClass, parts, ability);
    }

    private static LocalModelFacts OfComponent(string folder)
    {
        using var config = JsonDocument.Parse(DiffusersConfig.ReadText(Path.Combine(folder, "config.json")));
        var name = Text(config.RootElement, "_class_name") ?? Text(config.RootElement, "model_type") ?? "unknown class";
        if (s_autoencoders.Contains(name, StringComparer.Ordinal)) return new LocalModelFacts(name, ["vae"], ModelAbility.AutoencoderMethods);
        return new LocalModelFacts(name, [], name.StartsWith("UNet2DCondition", StringComparison.Ordinal) ? ModelAbility.Part : ModelAbility.None);
    }

    private static LocalModelFacts OfFiles(string[] files)
    {
        if (files.Length == 1) return OfFile(files[0]);
        var isPair = files.Length == 2 && files.All(f => Path.GetFileName(f).Contains("_encoder.", StringComparison.Ordinal)
            || Path.GetFileName(f).Contains("_decoder.", StringComparison.Ordinal));
        return isPair ? new LocalModelFacts("AutoencoderTiny, encoder and decoder", ["vae"], ModelAbility.AutoencoderMethods)
            : s_none with { Kind = $"{files.Length} weights files" };
    }

    private static LocalModelFacts OfFile(string path)
    {
        if (PickleRefusal.IsPickle(path)) return new LocalModelFacts("pickle", [], ModelAbility.None, PickleRefusal.Of(path).Message);
        if (!path.EndsWith(Weights, StringComparison.OrdinalIgnoreCase)) return s_none;
        using var file = SafetensorsFile.Open(RealFile.Of(path).FullName);
        bool Has(string prefix) => file.Entries.Keys.Any(k => k.StartsWith(prefix, StringComparison.Ordinal));
        if (Has("model.diffusion_model."))
        {
            bool vae = Has("first_stage_model.") || Has("vae."), text = Has("cond_stage_model.") || Has("conditioner.");
            string[] parts = [.. vae ? (string[])["vae"] : [], "unet", .. text ? (string[])["text_encoder"] : []];
            // FLUX and SD 3 keep a transformer under the same prefix; only their autoencoder is of use.
            var isUNet = Has("model.diffusion_model.input_blocks.");
            return new LocalModelFacts("single-file checkpoint", isUNet ? parts : [.. parts.Where(p => p == "vae")],
                isUNet && vae && text ? ModelAbility.EveryMethod : vae ? ModelAbility.AutoencoderMethods : isUNet ? ModelAbility.Part : ModelAbility.None);
        }

        if (file.Entries.Keys.Any(k => k.Contains("lora", StringComparison.OrdinalIgnoreCase))) return new LocalModelFacts("LoRA", ["lora"], ModelAbility.Part);
        if (Has("encoder.down_blocks.") || Has("encoder.down.") || Has("encoder.layers.") || Has("first_stage_model.encoder."))
            return new LocalModelFacts("autoencoder, single file", ["vae"], ModelAbility.AutoencoderMethods);
        return file.Entries.ContainsKey("0.weight") ? new LocalModelFacts("half of an AutoencoderTiny", [], ModelAbility.Part)
            : s_none with { Kind = "unknown weights" };
    }

    private static IEnumerable<string> WeightsIn(string folder) =>
        !Directory.Exists(folder) ? [] : Directory.EnumerateFiles(folder, "*" + Weights).Where(f => RealFile.LengthOrNull(f) > 0).Order(StringComparer.Ordinal);

    private static string? Text(JsonElement element, string name) => element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value)
        && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
