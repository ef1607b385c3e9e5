using System.Text.Json;
using System.Text.Json.Nodes;
using StyleProtect.Diffusion.Checkpoints;

namespace StyleProtect.Diffusion.Adapters;

/// <summary>
/// What peft's LoraConfig says about the adapters: in the metadata of newer files of diffusers, each field with the part in front (<c>unet.lora_alpha</c>), or
/// in <c>adapter_config.json</c> beside a file that peft saved.
/// </summary>
internal sealed class LoraMetadata
{
    private const string Key = "lora_adapter_metadata", ConfigName = "adapter_config.json";
    private readonly JsonObject _fields;
    private readonly string _source;

    private LoraMetadata(JsonObject fields, string source) => (_fields, _source) = (fields, source);

    /// <summary>Reads what a file says.</summary>
    /// <param name="file">The file.</param>
    /// <exception cref="CheckpointException">It is not JSON, or a field does not fit.</exception>
    internal static LoraMetadata Of(SafetensorsFile file)
    {
        if (file.Metadata.TryGetValue(Key, out var text)) return new LoraMetadata(Parse(text, $"{file.Path}: the metadata '{Key}'"), file.Path);
        var config = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file.Path))!, ConfigName);
        return IsPefts(file) && File.Exists(config)
            ? new LoraMetadata(Parse(DiffusersConfig.ReadText(config), config), config)
            : new LoraMetadata([], file.Path);
    }

    /// <summary>Whether a file's keys are those of peft's own <c>save_pretrained</c>, which keeps α in a file beside.</summary>
    internal static bool IsPefts(SafetensorsFile file) => file.Entries.Keys.Any(k => k.StartsWith("base_model.model.", StringComparison.Ordinal));

    /// <summary>α of a layer's adapter, or null where nothing says it.</summary>
    internal double? AlphaOf(string layer)
    {
        if (Field(layer, "alpha_pattern") is JsonObject patterns)
            foreach (var (pattern, value) in patterns)
                if (layer.EndsWith("." + pattern, StringComparison.Ordinal) || layer == pattern) return Number(value, "alpha_pattern");
        return Field(layer, "lora_alpha") is { } alpha ? Number(alpha, "lora_alpha") : null;
    }

    /// <summary>Whether a layer's adapter is scaled with α/√r.</summary>
    internal bool IsRankStabilised(string layer) => IsSet(layer, "use_rslora");

    /// <summary>Refuses what is declared and not there.</summary>
    /// <exception cref="CheckpointException">The file is said to be a DoRA and has no lengths, or a rank-stabilised one and says no α.</exception>
    internal void Check(LoraEntry entry)
    {
        if (IsSet(entry.Layer, "use_dora") && !entry.IsDora)
            throw new CheckpointException($"{_source}: '{Name(entry.Layer, "use_dora")}' is set, and the adapter '{entry.Shown}' has no magnitude vector.");
        if (entry.IsRankStabilised && entry.Alpha is null && !entry.Has(LoraRole.Alpha))
            throw new CheckpointException($"{_source}: '{Name(entry.Layer, "use_rslora")}' is set, and nothing says α.");
    }

    private static JsonObject Parse(string text, string source)
    {
        try
        {
            return JsonNode.Parse(text)!.AsObject();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException)
        {
            throw new CheckpointException($"{source} is not a JSON object.", e);
        }
    }

    private JsonNode? Field(string layer, string field) => _fields[$"{layer.Split('.', 2)[0]}.{field}"] ?? _fields[field];

    private string Name(string layer, string field) => _fields[field] is null ? $"{layer.Split('.', 2)[0]}.{field}" : field;

    private bool IsSet(string layer, string field) => Field(layer, field) is { } value && value.GetValueKind() == JsonValueKind.True;

    private double Number(JsonNode? value, string field) =>
        value is JsonValue number && number.TryGetValue<double>(out var alpha) && double.IsFinite(alpha)
            ? alpha
            : throw new CheckpointException(
                $"{_source}: the field '{field}' must be a number, it is {SafetensorsHeader.Shown(value?.ToJsonString() ?? "null")}.");
}
