using System.Buffers;
using System.Text;
using System.Text.Json;
using StyleProtect.Native;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Checkpoints;

/// <summary>Writes safetensors files: to a temporary name first, then renamed, so that a reader never sees half a file.</summary>
public static class SafetensorsWriter
{
    /// <summary>Writes tensors to a file and replaces it if it exists.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tensors">
    /// Keys and tensors (any device; copied to the CPU one at a time). They are written by falling element size, then by key, so that each is aligned.
    /// </param>
    /// <param name="metadata">Free-form text values for <c>__metadata__</c>.</param>
    /// <exception cref="ArgumentException">A key or an element type cannot be written.</exception>
    public static void Write(string path, IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(tensors);
        if (tensors.ContainsKey("__metadata__"))
            throw new ArgumentException("'__metadata__' cannot be the key of a tensor in a safetensors file.", nameof(tensors));
        if (tensors.Keys.FirstOrDefault(k => !IsText(k)) is { } broken)
            throw new ArgumentException($"The key '{SafetensorsHeader.Shown(broken)}' is not valid Unicode text.", nameof(tensors));
        var names = tensors.Keys.OrderByDescending(k => tensors[k].element_size()).ThenBy(k => k, StringComparer.Ordinal).ToArray();
        var header = Header(names, tensors, metadata);
        var temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                stream.Write(BitConverter.GetBytes((ulong)header.Length));
                stream.Write(header);
                foreach (var name in names)
                {
                    using var scope = NewDisposeScope();
                    WriteData(stream, tensors[name].detach().cpu().contiguous());
                }

                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>A lone surrogate would be replaced in the file, and the key be another one.</summary>
    private static bool IsText(string key) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(key)) == key;

    /// <summary>In pieces, because a span cannot hold a tensor of 2 GiB.</summary>
    private static unsafe void WriteData(FileStream stream, Tensor tensor)
    {
        const long Piece = 64 * 1024 * 1024;
        var data = (byte*)TensorMemory.Pointer(tensor);
        var length = tensor.numel() * tensor.element_size();
        for (long at = 0; at < length; at += Piece) stream.Write(new ReadOnlySpan<byte>(data + at, (int)Math.Min(Piece, length - at)));
    }

    private static byte[] Header(string[] names, IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject("__metadata__");
                foreach (var (key, value) in metadata.OrderBy(m => m.Key, StringComparer.Ordinal)) json.WriteString(key, value);
                json.WriteEndObject();
            }

            long at = 0;
            foreach (var name in names)
            {
                var tensor = tensors[name];
                json.WriteStartObject(name);
                json.WriteString("dtype", SafetensorsHeader.NameOf(tensor.dtype));
                json.WriteStartArray("shape");
                foreach (var d in tensor.shape) json.WriteNumberValue(d);
                json.WriteEndArray();
                var length = tensor.numel() * tensor.element_size();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(at);
                json.WriteNumberValue(at += length);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        var padded = (buffer.WrittenCount + 7) & ~7; // the data starts 8-byte aligned, as the reference implementation does
        if (padded > SafetensorsHeader.MaxHeaderBytes)
            throw new ArgumentException($"The index of {names.Length} tensors takes {padded} bytes, more than readers accept.", nameof(tensors));
        var header = new byte[padded];
        buffer.WrittenSpan.CopyTo(header);
        header.AsSpan(buffer.WrittenCount).Fill((byte)' ');
        return header;
    }
}
