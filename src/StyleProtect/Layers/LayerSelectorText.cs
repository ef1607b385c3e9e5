using System.ComponentModel;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace StyleProtect.Layers;

/// <summary>A selector that has a text form, as <see cref="LayerSelectors.Parse"/> reads it.</summary>
internal interface ITextLayerSelector : ILayerSelector
{
    /// <summary>The text; parsed, it chooses the same layers.</summary>
    string Text { get; }
}

/// <summary>Reads selectors from configuration.</summary>
internal sealed class LayerSelectorTypeConverter : TypeConverter
{
    public override bool CanConvertFrom(ITypeDescriptorContext? context, Type sourceType) =>
        sourceType == typeof(string) || base.CanConvertFrom(context, sourceType);

    public override object? ConvertFrom(ITypeDescriptorContext? context, CultureInfo? culture, object value) =>
        value is string text ? LayerSelectors.Parse(text) : base.ConvertFrom(context, culture, value);
}

/// <summary>Reads selectors from their text and writes it.</summary>
internal sealed class LayerSelectorJsonConverter : JsonConverter<ILayerSelector>
{
    public override ILayerSelector Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        try
        {
            return LayerSelectors.Parse(reader.GetString() ?? "");
        }
        catch (Exception e) when (e is ArgumentException or LayerSelectionException or InvalidOperationException)
        {
            throw new JsonException($"This is no layer selection: {e.Message}", e);
        }
    }

    public override void Write(Utf8JsonWriter writer, ILayerSelector value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value is ITextLayerSelector { Text: var text }
        ? text
        : throw new NotSupportedException($"The layer selector {value.GetType()} has no text form; only the built-in ones are written to JSON."));
}
