using System.Text.Json;
using StyleProtect.Diffusion.Checkpoints;

namespace StyleProtect.Diffusion.Tokenization;

/// <summary>
/// What <c>tokenizer_config.json</c> and <c>special_tokens_map.json</c> say. Both may be missing; a token in the map goes before one in the configuration.
/// </summary>
/// <param name="TokenizerClass">The class; null when no file names it.</param>
/// <param name="MaxLength">Length of the id sequences.</param>
/// <param name="Begin">Token at the start; null for the class's default, as for the others.</param>
/// <param name="End">Token at the end.</param>
/// <param name="Pad">Token that fills.</param>
/// <param name="Unknown">Token for the unknown.</param>
internal sealed record TokenizerSettings(string? TokenizerClass, int MaxLength, string? Begin, string? End, string? Pad, string? Unknown)
{
    private const int DefaultLength = 77;
    private const int MostLength = 100_000; // tokenizers without a limit write 1e30

    internal static TokenizerSettings Read(string folder)
    {
        var configPath = Path.Combine(folder, "tokenizer_config.json");
        var mapPath = Path.Combine(folder, "special_tokens_map.json");
        var config = File.Exists(configPath) ? DiffusersConfig.Read<Dictionary<string, JsonElement>>(configPath) : [];
        var map = File.Exists(mapPath) ? DiffusersConfig.Read<Dictionary<string, JsonElement>>(mapPath) : [];
        string? Token(string field) => TokenOf(map, field, mapPath) ?? TokenOf(config, field, configPath);
        return new TokenizerSettings(
            TokenOf(config, "tokenizer_class", configPath), LengthOf(config, configPath), Token("bos_token"), Token("eos_token"), Token("pad_token"),
            Token("unk_token"));
    }

    /// <summary>These settings with a model's own wishes in front.</summary>
    internal TokenizerSettings With(TokenizerOverrides? overrides)
    {
        if (overrides?.MaxLength is < 3)
            throw new ArgumentOutOfRangeException(nameof(overrides), overrides.MaxLength, "The length of an id sequence must be at least 3.");
        return overrides is null ? this : this with { Pad = overrides.Pad ?? Pad, MaxLength = overrides.MaxLength ?? MaxLength };
    }

    private static int LengthOf(Dictionary<string, JsonElement> config, string source)
    {
        if (!config.TryGetValue("model_max_length", out var value)) return DefaultLength;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var length) || length < 3 || length != Math.Floor(length))
            throw new CheckpointException($"{source}: the field 'model_max_length' must be a whole number of at least 3, it is {value}.");
        return length > MostLength ? DefaultLength : (int)length;
    }

    /// <summary>A token is written as text or as an object with its text in 'content'.</summary>
    private static string? TokenOf(Dictionary<string, JsonElement> config, string field, string source)
    {
        if (!config.TryGetValue(field, out var value)) return null;
        if (value.ValueKind == JsonValueKind.Object && value.TryGetProperty("content", out var content)) value = content;
        return value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text
            ? text
            : throw new CheckpointException($"{source}: the field '{field}' must be a text (or an object with 'content'), it is {value}.");
    }
}
