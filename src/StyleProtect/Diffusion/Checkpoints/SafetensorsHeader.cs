using System.Text.Json;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Checkpoints;

/// <summary>
/// Parses and validates the header of a safetensors file: u64 length, JSON index, then the data, without gaps or overlaps.
/// Nothing is allocated for the data before every size has been checked against the file.
/// </summary>
internal sealed class SafetensorsHeader
{
    /// <summary>The reference implementation's limit on the JSON index.</summary>
    internal const long MaxHeaderBytes = 100_000_000;
    private const int MaxRank = 16;

    private SafetensorsHeader(Dictionary<string, SafetensorsEntry> entries, Dictionary<string, string> metadata)
    {
        Entries = entries;
        Metadata = metadata;
    }

    internal IReadOnlyDictionary<string, SafetensorsEntry> Entries { get; }

    internal IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Reads the JSON index.</summary>
    /// <param name="json">The header's bytes.</param>
    /// <param name="dataBytes">How many bytes follow the header in the file.</param>
    /// <param name="source">The file's name, for messages.</param>
    /// <exception cref="SafetensorsException">The header is not valid.</exception>
    internal static SafetensorsHeader Parse(ReadOnlySpan<byte> json, long dataBytes, string source)
    {
        if (json.IsEmpty || json[0] != (byte)'{') throw Bad(source, "the header does not start with '{'");
        var entries = new Dictionary<string, SafetensorsEntry>(StringComparer.Ordinal);
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        var hasMetadata = false;
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 8 });
        try
        {
            Expect(ref reader, JsonTokenType.StartObject, source);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = reader.GetString()!;
                if (name == "__metadata__")
                {
                    if (hasMetadata) throw Bad(source, "the key '__metadata__' occurs twice");
                    hasMetadata = true;
                    ReadMetadata(ref reader, metadata, source);
                }
                else if (!entries.TryAdd(name, ReadEntry(ref reader, name, source)))
                {
                    throw Bad(source, $"the key '{Shown(name)}' occurs twice");
                }
            }

            if (reader.TokenType != JsonTokenType.EndObject) throw Bad(source, "the header is not one JSON object");
            while (reader.Read()) throw Bad(source, "something follows the JSON object of the header");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new SafetensorsException($"{source}: the header is not valid JSON of the safetensors layout: {e.Message}", e);
        }

        CheckLayout(entries.Values, dataBytes, source);
        return new SafetensorsHeader(entries, metadata);
    }

    private static void ReadMetadata(ref Utf8JsonReader reader, Dictionary<string, string> metadata, string source)
    {
        Expect(ref reader, JsonTokenType.StartObject, source);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            if (!reader.Read() || reader.TokenType != JsonTokenType.String) throw Bad(source, $"the metadata value '{Shown(key)}' is not a string");
            if (!metadata.TryAdd(key, reader.GetString()!)) throw Bad(source, $"the metadata key '{Shown(key)}' occurs twice");
        }
    }

    private static SafetensorsEntry ReadEntry(ref Utf8JsonReader reader, string key, string source)
    {
        var name = Shown(key);
        string? dtype = null;
        List<long>? shape = null, offsets = null;
        Expect(ref reader, JsonTokenType.StartObject, source);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var field = reader.GetString();
            switch (field)
            {
                case "dtype" when dtype is null:
                    reader.Read();
                    dtype = reader.GetString();
                    break;
                case "shape" when shape is null:
                    shape = ReadNumbers(ref reader, source, name, MaxRank);
                    break;
                case "data_offsets" when offsets is null:
                    offsets = ReadNumbers(ref reader, source, name, 2);
                    break;
                default:
                    throw Bad(source, $"tensor '{name}' has an unknown or repeated field '{Shown(field ?? "")}'");
            }
        }

        if (dtype is null || shape is null || offsets is not { Count: 2 }) throw Bad(source, $"tensor '{name}' needs dtype, shape and two data_offsets");
        var readable = DTypeOf(dtype);
        var bits = readable?.Size * 8 ?? Quantisation.BitsOf(dtype)
            ?? throw Bad(source, $"tensor '{name}' has the dtype '{Shown(dtype)}', which is not supported");
        if (offsets[0] < 0 || offsets[1] < offsets[0]) throw Bad(source, $"tensor '{name}' has the data_offsets [{offsets[0]}, {offsets[1]}]");
        long bytes = 1, strides = Math.Max(1, bits / 8);
        try
        {
            foreach (var d in shape)
            {
                if (d < 0) throw Bad(source, $"tensor '{name}' has a negative dimension");
                bytes = checked(bytes * d);
                strides = checked(strides * Math.Max(d, 1)); // a zero must not hide a stride that overflows in torch
            }

            bytes = bits % 8 == 0 ? checked(bytes * (bits / 8)) : checked((bytes * bits) + 7) / 8;
        }
        catch (OverflowException)
        {
            throw Bad(source, $"tensor '{name}' has a shape whose size overflows: [{string.Join(", ", shape)}]");
        }

        var length = offsets[1] - offsets[0];
        if (length != bytes)
            throw Bad(source, $"tensor '{name}' {dtype}[{string.Join(", ", shape)}] needs {bytes} bytes, its data_offsets give {length}");
        return new SafetensorsEntry(key, readable?.Type ?? ScalarType.Byte, shape, offsets[0], length) { StoredType = dtype };
    }

    private static List<long> ReadNumbers(ref Utf8JsonReader reader, string source, string name, int most)
    {
        Expect(ref reader, JsonTokenType.StartArray, source);
        var numbers = new List<long>(4);
        while (reader.Read() && reader.TokenType == JsonTokenType.Number)
        {
            if (numbers.Count == most) throw Bad(source, $"tensor '{name}' has more than {most} numbers in a list");
            numbers.Add(reader.GetInt64());
        }

        if (reader.TokenType != JsonTokenType.EndArray) throw Bad(source, $"tensor '{name}' has a list with something that is not a number");
        return numbers;
    }

    /// <summary>The data must be covered exactly: every byte belongs to one tensor, in order, to the end of the file.</summary>
    private static void CheckLayout(IEnumerable<SafetensorsEntry> entries, long dataBytes, string source)
    {
        long at = 0;
        string? previous = null;
        foreach (var entry in entries.OrderBy(e => e.Begin).ThenBy(e => e.Length))
        {
            if (entry.Begin < at) throw Bad(source, $"tensor '{Shown(entry.Name)}' overlaps '{Shown(previous ?? "")}'");
            if (entry.Begin > at) throw Bad(source, $"{entry.Begin - at} bytes before tensor '{Shown(entry.Name)}' belong to no tensor");
            at = entry.Begin + entry.Length;
            if (at > dataBytes)
                throw Bad(source, $"tensor '{Shown(entry.Name)}' ends at byte {at} of the data, the file has {dataBytes}: it is truncated or damaged");
            previous = entry.Name;
        }

        if (at != dataBytes) throw Bad(source, $"{dataBytes - at} bytes at the end belong to no tensor");
    }

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType type, string source)
    {
        if (!reader.Read() || reader.TokenType != type)
            throw Bad(source, $"the header is not of the safetensors layout ({type} expected at byte {reader.TokenStartIndex})");
    }

    internal static (ScalarType Type, int Size)? DTypeOf(string name) => name switch
    {
        "F64" => (ScalarType.Float64, 8),
        "F32" => (ScalarType.Float32, 4),
        "F16" => (ScalarType.Float16, 2),
        "BF16" => (ScalarType.BFloat16, 2),
        "I64" => (ScalarType.Int64, 8),
        "I32" => (ScalarType.Int32, 4),
        "I16" => (ScalarType.Int16, 2),
        "I8" => (ScalarType.Int8, 1),
        "U8" => (ScalarType.Byte, 1),
        "BOOL" => (ScalarType.Bool, 1),
        _ => null,
    };

    internal static string NameOf(ScalarType type) => type switch
    {
        ScalarType.Float64 => "F64",
        ScalarType.Float32 => "F32",
        ScalarType.Float16 => "F16",
        ScalarType.BFloat16 => "BF16",
        ScalarType.Int64 => "I64",
        ScalarType.Int32 => "I32",
        ScalarType.Int16 => "I16",
        ScalarType.Int8 => "I8",
        ScalarType.Byte => "U8",
        ScalarType.Bool => "BOOL",
        _ => throw new ArgumentException($"A tensor of type {type} cannot be written to a safetensors file.", nameof(type)),
    };

    /// <summary>A name from a file as it can be shown: not longer than a line, and without characters that steer a terminal.</summary>
    internal static string Shown(string name)
    {
        const int Most = 120;
        var text = string.Concat(name.Take(Most).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c));
        return name.Length > Most ? text + "…" : text;
    }

    internal static SafetensorsException Bad(string source, string what) => new($"{source} is not a valid safetensors file: {what}.");
}

/// <summary>One tensor of a safetensors file, as its header describes it.</summary>
/// <param name="Name">The key.</param>
/// <param name="DType">
/// The element type. <see cref="ScalarType.Byte"/> also for types that cannot be read, as fp8: the file is valid, and reading the tensor is refused.
/// </param>
/// <param name="Shape">The dimensions; empty for a scalar.</param>
/// <param name="Begin">First byte, counted from the end of the header.</param>
/// <param name="Length">Number of bytes.</param>
public sealed record SafetensorsEntry(string Name, ScalarType DType, IReadOnlyList<long> Shape, long Begin, long Length)
{
    /// <summary>The element type's name in the file, as in <c>F8_E4M3</c>.</summary>
    internal string StoredType { get; init; } = SafetensorsHeader.NameOf(DType);

    /// <summary>Whether torch has the element type.</summary>
    internal bool IsReadable => SafetensorsHeader.DTypeOf(StoredType) is not null;
}
