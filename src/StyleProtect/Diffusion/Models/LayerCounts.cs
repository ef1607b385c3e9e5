using System.Text.Json;
using System.Text.Json.Serialization;

namespace StyleProtect.Diffusion.Models;

/// <summary>A count of layers: one number for all positions, or one for each.</summary>
/// <param name="Values">One or more numbers.</param>
[JsonConverter(typeof(LayerCountsConverter))]
internal sealed record LayerCounts(IReadOnlyList<int> Values)
{
    /// <summary>Whether each position has its own number.</summary>
    internal bool IsList { get; init; } = Values.Count > 1;

    public static implicit operator LayerCounts(int count) => new([count]);

    /// <summary>The count at a position.</summary>
    internal int At(int position) => Values[Values.Count == 1 ? 0 : position];

    /// <summary>Whether there is a number for every one of so many positions.</summary>
    internal bool Fits(int positions) => Values.Count == 1 || Values.Count == positions;
}

/// <summary>Reads a number or a list of numbers.</summary>
internal sealed class LayerCountsConverter : JsonConverter<LayerCounts>
{
    private static readonly OneOrManyConverter s_numbers = new();

    public override LayerCounts Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var list = reader.TokenType == JsonTokenType.StartArray;
        return new LayerCounts(s_numbers.Read(ref reader, typeof(IReadOnlyList<int>), options)) { IsList = list };
    }

    public override void Write(Utf8JsonWriter writer, LayerCounts value, JsonSerializerOptions options) => s_numbers.Write(writer, value.Values, options);
}

/// <summary>Reads a number, or a list of numbers and lists of numbers: a block's layers may have a number each.</summary>
internal sealed class BlockLayerCountsConverter : JsonConverter<IReadOnlyList<LayerCounts>>
{
    private static readonly LayerCountsConverter s_counts = new();

    public override IReadOnlyList<LayerCounts> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Number) return [reader.GetInt32()];
        if (reader.TokenType != JsonTokenType.StartArray) throw Unfit();
        var blocks = new List<LayerCounts>();
        while (reader.Read() && reader.TokenType is JsonTokenType.Number or JsonTokenType.StartArray)
            blocks.Add(s_counts.Read(ref reader, typeof(LayerCounts), options));
        return reader.TokenType == JsonTokenType.EndArray && blocks.Count > 0 ? blocks : throw Unfit();
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyList<LayerCounts> value, JsonSerializerOptions options)
    {
        if (value is [{ IsList: false } only])
        {
            s_counts.Write(writer, only, options);
            return;
        }

        writer.WriteStartArray();
        foreach (var block in value) s_counts.Write(writer, block, options);
        writer.WriteEndArray();
    }

    private static JsonException Unfit() => new("a number or a list of numbers and lists of numbers is expected");
}
