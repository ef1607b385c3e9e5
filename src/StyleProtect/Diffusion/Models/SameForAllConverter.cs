using System.Text.Json;
using System.Text.Json.Serialization;

namespace StyleProtect.Diffusion.Models;

/// <summary>Reads a number, or a list with the same number for every block.</summary>
internal sealed class SameForAllConverter : JsonConverter<int>
{
    private static readonly OneOrManyConverter s_numbers = new();

    public override int Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var numbers = s_numbers.Read(ref reader, typeof(IReadOnlyList<int>), options);
        return numbers.All(n => n == numbers[0])
            ? numbers[0]
            : throw new JsonException($"the blocks have different numbers ({string.Join(", ", numbers)}), which is not supported");
    }

    public override void Write(Utf8JsonWriter writer, int value, JsonSerializerOptions options) => writer.WriteNumberValue(value);
}
