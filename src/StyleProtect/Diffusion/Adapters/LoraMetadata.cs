using System.Text.Json;
using System.Text.Json.Nodes;
using StyleProtect.Diffusion.Checkpoints;

namespace StyleProtect.Diffusion.Adapters;

/// <summary>
/// What newer versions of diffusers write beside the adapters: the fields of peft's LoraConfig, each with the part in front (<c>unet.lora_alpha</c>).
/// </summary>
internal sealed class LoraMetadata
{
    private const string Key = "lora_adapter_metadata";
    private readonly JsonObject _fields;

    /// <exception cref="CheckpointException">It is not JSON, or names a variant of LoRA that is computed differently.</exception>
    internal LoraMetadata(string path, IReadOnlyDictionary<string, string> metadata)
    {
        try
        {
            _fields = metadata.TryGetValue(Key, out var text) ? JsonNode.Parse(text)!.AsObject() : [];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException)
        {
            throw new CheckpointException($"{path}: the metadata '{Key}' is not a JSON object.", e);
        }

        foreach (var (field, value) in _fields)
        {
            var changesTheSum = field.EndsWith(".use_dora", StringComparison.Ordinal) || field.EndsWith(".use_rslora", StringComparison.Ordinal) ||
                field.EndsWith(".alpha_pattern", StringComparison.Ordinal);
            if (changesTheSum && value is not null && value.ToJsonString() is not ("false" or "{}"))
                throw new CheckpointException($"{path}: '{SafetensorsHeader.Shown(field)}' is set: this variant of LoRA is not supported.");
        }
    }

    /// <summary>α of a layer's adapter, or null where the file does not say.</summary>
    internal double? AlphaOf(string layer) =>
        _fields[layer.Split('.', 2)[0] + ".lora_alpha"] is JsonValue value && value.TryGetValue<double>(out var alpha) ? alpha : null;
}
