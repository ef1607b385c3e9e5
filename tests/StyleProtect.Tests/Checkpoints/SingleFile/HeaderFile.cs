using System.Text;
using System.Text.Json;

namespace StyleProtect.Tests.Checkpoints.SingleFile;

/// <summary>
/// Safetensors files of any size that take no space: a header, and behind it a hole that reads as zeros.
/// </summary>
internal sealed class HeaderFile
{
    private readonly Dictionary<string, (string Type, long[] Shape)> _tensors = new(StringComparer.Ordinal);

    internal Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    internal IEnumerable<string> Keys => _tensors.Keys;

    internal HeaderFile Add(string key, params long[] shape) => Add(key, "F16", shape);

    internal HeaderFile Add(string key, string type, long[] shape)
    {
        _tensors[key] = (type, shape);
        return this;
    }

    internal HeaderFile Remove(Func<string, bool> which)
    {
        foreach (var key in _tensors.Keys.Where(which).ToArray()) _tensors.Remove(key);
        return this;
    }

    internal HeaderFile Rename(Func<string, string> name)
    {
        var all = _tensors.ToArray();
        _tensors.Clear();
        foreach (var (key, tensor) in all) _tensors.Add(name(key), tensor);
        return this;
    }

    internal HeaderFile Retype(string type, Func<string, bool> which)
    {
        foreach (var key in _tensors.Keys.Where(which).ToArray()) _tensors[key] = (type, _tensors[key].Shape);
        return this;
    }

    internal string Write(TemporaryFolder folder, string name = "model.safetensors")
    {
        long at = 0;
        var entries = new Dictionary<string, object>(StringComparer.Ordinal);
        if (Metadata.Count > 0) entries.Add("__metadata__", Metadata);
        foreach (var (key, (type, shape)) in _tensors)
        {
            var begin = at;
            at += shape.Aggregate(SizeOf(type), (a, b) => a * b);
            entries.Add(key, new { dtype = type, shape, data_offsets = (long[])[begin, at] });
        }

        var header = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(entries));
        var path = folder[name];
        using var stream = new FileStream(path, FileMode.CreateNew);
        stream.Write(BitConverter.GetBytes((ulong)header.Length));
        stream.Write(header);
        stream.SetLength(8 + header.Length + at);
        return path;
    }

    private static long SizeOf(string type) => type switch
    {
        "F8_E4M3" => 1,
        "F16" or "BF16" => 2,
        "F32" => 4,
        "I64" => 8,
        _ => throw new ArgumentException(type, nameof(type)),
    };
}
