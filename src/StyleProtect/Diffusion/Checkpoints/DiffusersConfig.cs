using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace StyleProtect.Diffusion.Checkpoints;

/// <summary>
/// Reads configuration files of diffusers and transformers into records: snake_case names, unknown fields ignored, null for a field
/// that cannot be null means its default, and Python's <c>Infinity</c> and <c>NaN</c> understood.
/// </summary>
internal static class DiffusersConfig
{
    private const long MaxBytes = 16 * 1024 * 1024;

    private static readonly JsonSerializerOptions s_options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        MaxDepth = 32,
        Converters = { new NamedEnumConverter() },
    };

    /// <summary>Reads a file.</summary>
    /// <exception cref="CheckpointException">The file is missing, too large, not JSON, or a field does not fit; the message names file and field.</exception>
    internal static T Read<T>(string path) where T : class => Parse<T>(ReadText(path), path);

    /// <summary>Reads a configuration from text.</summary>
    /// <param name="json">The text.</param>
    /// <param name="source">The file's name, for messages.</param>
    internal static T Parse<T>(string json, string source) where T : class
    {
        ArgumentNullException.ThrowIfNull(json);
        try
        {
            return JsonSerializer.Deserialize<T>(WithoutNulls(Standard(json), KeptNulls(typeof(T))), s_options)
                ?? throw new CheckpointException($"{source}: the configuration is null, a JSON object is expected.");
        }
        catch (JsonException e)
        {
            throw new CheckpointException($"{source}: {Explained(e)}", e);
        }
    }

    /// <summary>A configuration with some fields taken from a JSON object.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="fields">The fields, named as in a file.</param>
    /// <param name="source">Where they come from, for messages.</param>
    /// <exception cref="CheckpointException">A field does not fit; the message names it.</exception>
    internal static T With<T>(T config, JsonElement fields, string source) where T : class
    {
        var merged = JsonSerializer.SerializeToNode(config, s_options)!.AsObject();
        foreach (var field in fields.EnumerateObject()) merged[field.Name] = JsonNode.Parse(field.Value.GetRawText());
        return Parse<T>(merged.ToJsonString(), source);
    }

    /// <summary>The text of a configuration file, with a limit on its size.</summary>
    internal static string ReadText(string path)
    {
        try
        {
            // The length of what is read, not of a link to it.
            using var stream = new FileStream(LinkedFile.Open(path), FileAccess.Read);
            if (stream.Length > MaxBytes)
                throw new CheckpointException($"{path}: a configuration of {stream.Length} bytes is not credible (at most {MaxBytes} are read).");
            using var reader = new StreamReader(stream);
            return reader.ReadToEnd();
        }
        catch (FileNotFoundException e)
        {
            throw new CheckpointException(
                new FileInfo(path).LinkTarget is null ? $"The configuration file '{path}' is missing." : e.Message, e);
        }
    }

    private static string Explained(JsonException e)
    {
        var cause = e.Message.Split(" Path: ", 2)[0];
        return e.Path is { Length: > 2 } path && path.StartsWith("$.", StringComparison.Ordinal)
            ? $"the field '{path[2..]}' does not fit: {cause}"
            : $"it is not a valid configuration: {cause} (line {(e.LineNumber ?? 0) + 1})";
    }

    private static HashSet<string> KeptNulls(Type type) => type.GetProperties().Where(p => p.IsDefined(typeof(NullIsValueAttribute), inherit: false))
        .Select(p => JsonNamingPolicy.SnakeCaseLower.ConvertName(p.Name)).ToHashSet(StringComparer.Ordinal);

    /// <summary>A null in a file means "not set", as in the Python libraries; the record's default then holds.</summary>
    private static JsonElement WithoutNulls(string json, HashSet<string> kept)
    {
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 32 });
        if (document.RootElement.ValueKind != JsonValueKind.Object) return document.RootElement.Clone();
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            foreach (var property in document.RootElement.EnumerateObject())
                if (property.Value.ValueKind != JsonValueKind.Null || kept.Contains(property.Name)) property.WriteTo(writer);
            writer.WriteEndObject();
        }

        using var copy = JsonDocument.Parse(stream.ToArray());
        return copy.RootElement.Clone();
    }

    /// <summary>Puts Python's bare <c>NaN</c>, <c>Infinity</c> and <c>-Infinity</c> in quotes, outside of strings.</summary>
    private static string Standard(string json)
    {
        if (!json.Contains("Infinity", StringComparison.Ordinal) && !json.Contains("NaN", StringComparison.Ordinal)) return json;
        var result = new StringBuilder(json.Length + 16);
        for (var i = 0; i < json.Length;)
        {
            if (json[i] == '"')
            {
                var end = i + 1;
                while (end < json.Length && json[end] != '"') end += json[end] == '\\' ? 2 : 1;
                end = Math.Min(end + 1, json.Length);
                result.Append(json, i, end - i);
                i = end;
            }
            else if (Literal(json.AsSpan(i)) is { } literal)
            {
                result.Append('"').Append(literal).Append('"');
                i += literal.Length;
            }
            else
            {
                result.Append(json[i++]);
            }
        }

        return result.ToString();
    }

    private static string? Literal(ReadOnlySpan<char> text)
    {
        foreach (var literal in (ReadOnlySpan<string>)["-Infinity", "Infinity", "NaN"])
            if (text.StartsWith(literal, StringComparison.Ordinal)) return literal;
        return null;
    }
}
