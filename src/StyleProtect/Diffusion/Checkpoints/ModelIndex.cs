using System.Text.Json;

namespace StyleProtect.Diffusion.Checkpoints;

/// <summary>The content of <c>model_index.json</c>.</summary>
/// <param name="PipelineClass">diffusers' pipeline, as in <c>StableDiffusionPipeline</c>.</param>
/// <param name="Parts">The parts by name; those that the file lists as null are left out.</param>
/// <param name="ZerosForEmptyPrompt">Stable Diffusion XL's <c>force_zeros_for_empty_prompt</c>; true where the file does not say.</param>
/// <param name="DefaultPrompt">The field <c>default_prompt</c>, which diffusers does not know: the prompt that suits the captions the model was trained with;
/// null where the file does not say.</param>
internal sealed record ModelIndex(string PipelineClass, IReadOnlyDictionary<string, ModelPart> Parts, bool ZerosForEmptyPrompt, string? DefaultPrompt = null)
{
    internal const string FileName = "model_index.json";

    /// <summary>Reads the file.</summary>
    /// <exception cref="CheckpointException">The file is missing or not valid.</exception>
    internal static ModelIndex Read(string path)
    {
        var fields = DiffusersConfig.Read<Dictionary<string, JsonElement>>(path);
        if (!fields.TryGetValue("_class_name", out var name) || name.ValueKind != JsonValueKind.String)
            throw new CheckpointException($"{path}: the field '_class_name' is missing; it names the pipeline.");
        var parts = new Dictionary<string, ModelPart>(StringComparer.Ordinal);
        foreach (var (key, value) in fields)
        {
            // Whatever is not a pair is a setting of the pipeline, not a part.
            if (key.StartsWith('_') || value.ValueKind != JsonValueKind.Array || value.GetArrayLength() != 2) continue;
            if (value[0].ValueKind == JsonValueKind.Null || value[1].ValueKind == JsonValueKind.Null) continue;
            if (value[0].ValueKind != JsonValueKind.String || value[1].ValueKind != JsonValueKind.String)
                throw new CheckpointException($"{path}: the part '{SafetensorsHeader.Shown(key)}' must be a pair of library and class, it is {value}.");
            if (!ModelFolder.IsPlainName(key)) throw new CheckpointException($"{path}: '{SafetensorsHeader.Shown(key)}' is not the plain name of a folder.");
            parts.Add(key, new ModelPart(key, value[0].GetString()!, value[1].GetString()!));
        }

        var zeros = !fields.TryGetValue("force_zeros_for_empty_prompt", out var given) || given.ValueKind != JsonValueKind.False;
        var prompt = fields.TryGetValue("default_prompt", out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;
        return new ModelIndex(name.GetString()!, parts, zeros, string.IsNullOrWhiteSpace(prompt) ? null : prompt);
    }
}
