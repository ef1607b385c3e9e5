using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace StyleProtect.Diffusion.Checkpoints.SingleFile;

/// <summary>
/// What is known about a single file beside its shapes: the original repositories' configuration with the same name and the ending <c>.yaml</c>
/// (AUTOMATIC1111's convention), diffusers' fields by part in one with the ending <c>.json</c>, an autoencoder's <c>config.json</c> in the same folder, and the
/// metadata of sd-scripts and the model specification (<c>modelspec.*</c>).
/// </summary>
internal sealed partial class CheckpointHints
{
    private readonly Dictionary<string, string> _yaml;
    private readonly Dictionary<string, JsonElement> _json;
    private readonly IReadOnlyDictionary<string, string> _metadata;

    private CheckpointHints(
        string path, Dictionary<string, string> yaml, Dictionary<string, JsonElement> json, IReadOnlyDictionary<string, string> metadata)
    {
        YamlPath = Path.ChangeExtension(path, ".yaml");
        JsonPath = Path.ChangeExtension(path, ".json");
        _yaml = yaml;
        _json = json;
        _metadata = metadata;
        Text = string.Join(' ', ((IEnumerable<string>)[Path.GetFileNameWithoutExtension(path)]).Concat(
            metadata.Where(m => m.Key is "modelspec.architecture" or "modelspec.title" or "ss_base_model_version").Select(m => m.Value)));
    }

    internal string YamlPath { get; }

    internal string JsonPath { get; }

    /// <summary>The file's name and the metadata that name a model.</summary>
    internal string Text { get; }

    /// <exception cref="CheckpointException">A configuration beside the file is not valid.</exception>
    internal static CheckpointHints Of(string path, IReadOnlyDictionary<string, string> metadata)
    {
        string yaml = Path.ChangeExtension(path, ".yaml"), json = Path.ChangeExtension(path, ".json");
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        if (File.Exists(yaml))
        {
            foreach (var line in DiffusersConfig.ReadText(yaml).Split('\n'))
                if (Scalar().Match(line) is { Success: true } match)
                    fields.TryAdd(match.Groups["name"].Value, match.Groups["value"].Value.Trim('"', '\''));
        }

        // A .json beside may also be a program's notes about the file: only objects that are named like a part are taken.
        var parts = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        if (File.Exists(json))
            foreach (var (part, value) in DiffusersConfig.Read<Dictionary<string, JsonElement>>(json))
                if (SingleFileCheckpoint.KnownParts.Contains(part, StringComparer.Ordinal) && value.ValueKind == JsonValueKind.Object) parts.Add(part, value);
        return new CheckpointHints(path, fields, parts, metadata);
    }

    /// <summary>
    /// An autoencoder's configuration with what is known beside the file: first <c>config.json</c>, where it is that of an autoencoder with as many latent
    /// channels, then the <c>.json</c> of the file's name.
    /// </summary>
    /// <param name="config">What shapes say.</param>
    /// <param name="latentChannels">Its latent channels.</param>
    /// <returns>The configuration, and whether the scale of the latents is given and not assumed.</returns>
    internal (T Config, bool SaysScale) OverrideAutoencoder<T>(T config, int latentChannels) where T : class
    {
        const string Scale = "scaling_factor";
        var says = _yaml.ContainsKey("scale_factor") || (_json.TryGetValue(SingleFileCheckpoint.Autoencoder, out var own) && own.TryGetProperty(Scale, out _));
        var path = Path.Combine(Path.GetDirectoryName(JsonPath) ?? "", "config.json");
        if (path != JsonPath && File.Exists(path))
        {
            using var fields = JsonSerializer.SerializeToDocument(DiffusersConfig.Read<Dictionary<string, JsonElement>>(path));
            if (IsAutoencoder(fields.RootElement, latentChannels))
            {
                config = DiffusersConfig.With(config, fields.RootElement, path);
                says |= fields.RootElement.TryGetProperty(Scale, out _);
            }
        }

        return (Override(SingleFileCheckpoint.Autoencoder, config), says);
    }

    private static bool IsAutoencoder(JsonElement fields, int latentChannels) =>
        fields.TryGetProperty("_class_name", out var name) && name.ValueKind == JsonValueKind.String &&
        name.GetString()!.StartsWith("Autoencoder", StringComparison.Ordinal) &&
        fields.TryGetProperty("latent_channels", out var channels) && channels.TryGetInt32(out var count) && count == latentChannels;

    internal bool HasFieldsOf(string part) => _json.ContainsKey(part);

    /// <summary>A part's configuration with the fields that the <c>.json</c> beside the file gives.</summary>
    internal T Override<T>(string part, T config) where T : class =>
        _json.TryGetValue(part, out var fields) ? DiffusersConfig.With(config, fields, $"{JsonPath}, '{part}'") : config;

    /// <summary>A number of the <c>.yaml</c>, as <c>scale_factor</c>; null where it has none.</summary>
    internal double? Number(string field) => _yaml.TryGetValue(field, out var text)
        ? double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value)
            ? value
            : throw new CheckpointException($"{YamlPath}: the field '{field}' is '{SafetensorsHeader.Shown(text)}'; a number is expected.")
        : null;

    /// <summary>A text of the <c>.yaml</c>, as <c>parameterization</c>; null where it has none.</summary>
    internal string? Field(string field) => _yaml.GetValueOrDefault(field);

    /// <summary>A value of the file's metadata.</summary>
    internal string? Metadata(string key) => _metadata.GetValueOrDefault(key);

    internal bool Says(string word) => Text.Contains(word, StringComparison.OrdinalIgnoreCase);

    /// <summary>A line with a name and one value. Lists and nested fields have no value on the line; comments are cut off.</summary>
    [GeneratedRegex(
        @"^\s*(?<name>[a-z_]+)\s*:\s*(?<value>[^\s#\[{][^#]*?)\s*(#.*)?$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Scalar();
}
