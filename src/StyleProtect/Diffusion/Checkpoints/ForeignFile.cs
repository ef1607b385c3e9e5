using System.Text;
using Microsoft.Win32.SafeHandles;

namespace StyleProtect.Diffusion.Checkpoints;

/// <summary>Files that are no safetensors whatever their name says, recognised by their first bytes.</summary>
internal static class ForeignFile
{
    private const int Looked = 512;

    /// <summary>What a file is and what to do, or null where its start is not known.</summary>
    internal static SafetensorsException? Refusal(string path, SafeFileHandle handle)
    {
        Span<byte> start = stackalloc byte[Looked];
        var length = 0;
        for (int read; length < Looked && (read = RandomAccess.Read(handle, start[length..], length)) > 0;) length += read;
        return Words(start[..length], Path.GetFileName(path)) is { } words ? new SafetensorsException($"'{path}' {words}") : null;
    }

    /// <summary>The rest of a sentence that starts with the file's name; null where the start is not known.</summary>
    internal static string? Words(ReadOnlySpan<byte> start, string name)
    {
        if (start.StartsWith("GGUF"u8))
            return "is a GGUF file: its weights are quantised for inference and have no usable gradients. Use the fp16 .safetensors file of the same model.";
        if (start.StartsWith("version https://git-lfs"u8))
            return "is a Git LFS pointer: the text that stands for the weights in a git repository, not the weights. Get the file itself, with " +
                "'git lfs pull' or by downloading it from the model's page.";
        if (start.StartsWith("PK\u0003\u0004"u8))
            return start.IndexOf("data.pkl"u8) >= 0
                ? $"is a pickle of PyTorch, whatever its name says. {PickleRefusal.Reason} {PickleRefusal.Conversion(name)}"
                : "is a zip archive. Unpack it and name the .safetensors file or the model folder inside.";
        if (start is [0x80, >= 2 and <= 5, ..]) return $"is a pickle, whatever its name says. {PickleRefusal.Reason} {PickleRefusal.Conversion(name)}";
        if (start.StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b])) return "is a gzip archive. Unpack it and name the .safetensors file inside.";
        var text = Encoding.Latin1.GetString(start).TrimStart('\u00ef', '\u00bb', '\u00bf', ' ', '\t', '\r', '\n');
        if (text.StartsWith("<!doctype", StringComparison.OrdinalIgnoreCase) || text.StartsWith("<html", StringComparison.OrdinalIgnoreCase) ||
            text.StartsWith("<?xml", StringComparison.OrdinalIgnoreCase) || text.StartsWith("<head", StringComparison.OrdinalIgnoreCase))
            return "is a web page and not a model: a page was saved instead of the file (often one that asks to log in or to accept a licence). Download " +
                "the file itself.";
        // Eight bytes of JSON read as a length are far beyond any file.
        return text.StartsWith("{\"", StringComparison.Ordinal)
            ? "is JSON text and not a model: a server's answer or a configuration was saved instead of the file. Download the file itself."
            : null;
    }
}
