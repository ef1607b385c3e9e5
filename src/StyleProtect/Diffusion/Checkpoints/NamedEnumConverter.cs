using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace StyleProtect.Diffusion.Checkpoints;

/// <summary>Reads enumerations by the names that files have for them; a word that is none of them is answered with all of them.</summary>
internal sealed class NamedEnumConverter : JsonConverterFactory
{
    public override bool CanConvert(Type typeToConvert) => typeToConvert.IsEnum;

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        (JsonConverter)Activator.CreateInstance(typeof(Converter<>).MakeGenericType(typeToConvert))!;

    private sealed class Converter<T> : JsonConverter<T> where T : struct, Enum
    {
        private static readonly Dictionary<string, T> s_values = typeof(T).GetFields(BindingFlags.Public | BindingFlags.Static).ToDictionary(
            f => f.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name ?? f.Name, f => (T)f.GetValue(null)!, StringComparer.Ordinal);

        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType == JsonTokenType.String && reader.GetString() is { } text)
                return s_values.TryGetValue(text, out var value)
                    ? value
                    : throw new JsonException($"'{SafetensorsHeader.Shown(text)}' is not one of {string.Join(", ", s_values.Keys)}.");
            throw new JsonException($"one of {string.Join(", ", s_values.Keys)} is expected.");
        }

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
            writer.WriteStringValue(s_values.First(p => p.Value.Equals(value)).Key);
    }
}
