using System.Text.Json;
using System.Text.Json.Serialization;

namespace StyleProtect.Diffusion.Models;

/// <summary>Reads a number or a list of numbers, as diffusers' configurations have either.</summary>
internal sealed class OneOrManyConverter : JsonConverter<IReadOnlyList<int>>
{
    public override IReadOnlyList<int> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Number) return [reader.GetInt32()];
        if (reader.TokenType != JsonTokenType.StartArray) throw new JsonException("a number or a list of numbers is expected");
        var numbers = new List<int>();
        while (reader.Read() && reader.TokenType == JsonTokenType.Number) numbers.Add(reader.GetInt32());
        if (reader.TokenType != JsonTokenType.EndArray || numbers.Count == 0) throw new JsonException("a number or a list of numbers is expected");
        return numbers;
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyList<int> value, JsonSerializerOptions options)
    {
        if (value.Count == 1)
        {
            writer.WriteNumberValue(value[0]);
            return;
        }

        writer.WriteStartArray();
        foreach (var number in value) writer.WriteNumberValue(number);
        writer.WriteEndArray();
    }
}
