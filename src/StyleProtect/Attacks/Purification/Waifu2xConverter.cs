using System.Text.Json;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Native;
using static TorchSharp.torch;

namespace StyleProtect.Attacks.Purification;

/// <summary>
/// Turns the JSON weights of waifu2x's VGG-7 for colour pictures (<c>models/vgg_7/art/noise1_model.json</c> and the like) into a safetensors file for the
/// purifier
/// <c>waifu2x</c>: <c>layers.0.weight</c> … <c>layers.6.bias</c>, fp32.
/// </summary>
public static class Waifu2xConverter
{
    private const long MaxBytes = 64 * 1024 * 1024;

    /// <summary>Channels before the first layer and after each.</summary>
    internal static IReadOnlyList<int> Channels { get; } = [3, 32, 32, 64, 64, 128, 128, 3];

    /// <summary>Converts a file.</summary>
    /// <param name="json">The JSON file.</param>
    /// <param name="safetensors">The file to write; one that exists is not replaced.</param>
    /// <exception cref="CheckpointException">The JSON file is missing, too large, or holds another network; or the output exists.</exception>
    public static void Convert(string json, string safetensors)
    {
        ArgumentException.ThrowIfNullOrEmpty(json);
        ArgumentException.ThrowIfNullOrEmpty(safetensors);
        var info = new FileInfo(json);
        if (!info.Exists) throw new CheckpointException($"There is no file '{json}'.");
        if (info.Length > MaxBytes) throw new CheckpointException($"{json}: {info.Length} bytes are not credible for a VGG-7 (at most {MaxBytes} are read).");
        if (File.Exists(safetensors)) throw new CheckpointException($"'{safetensors}' exists; it is not replaced.");
        TorchRuntime.EnsureLoaded();
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(safetensors, Read(json), new Dictionary<string, string>(StringComparer.Ordinal) { ["format"] = "pt", ["source"] = info.Name });
    }

    private static Dictionary<string, Tensor> Read(string path)
    {
        var tensors = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        try
        {
            using var stream = File.OpenRead(path);
            using var document = JsonDocument.Parse(stream, new JsonDocumentOptions { MaxDepth = 16 });
            var layers = document.RootElement;
            if (layers.GetArrayLength() != Channels.Count - 1)
                throw new CheckpointException($"{path} has {layers.GetArrayLength()} layers; a VGG-7 of waifu2x has {Channels.Count - 1}.");
            for (var i = 0; i < Channels.Count - 1; i++)
            {
                var (layer, from, to) = (layers[i], Channels[i], Channels[i + 1]);
                var numbers = new List<float>(to * from * 9);
                Flatten(layer.GetProperty("weight"), [to, from, 3, 3], 0, numbers, $"{path}: the weight of layer {i}");
                tensors[$"layers.{i}.weight"] = tensor(numbers.ToArray(), [to, from, 3, 3]);
                numbers.Clear();
                Flatten(layer.GetProperty("bias"), [to], 0, numbers, $"{path}: the bias of layer {i}");
                tensors[$"layers.{i}.bias"] = tensor(numbers.ToArray(), [to]);
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new CheckpointException($"{path} is not the JSON of a waifu2x network: {e.Message}", e);
        }

        return tensors;
    }

    private static void Flatten(JsonElement element, ReadOnlySpan<int> shape, int depth, List<float> to, string what)
    {
        if (depth == shape.Length)
        {
            to.Add(element.GetSingle());
            return;
        }

        if (element.GetArrayLength() != shape[depth])
            throw new CheckpointException(
                $"{what} has {element.GetArrayLength()} entries in dimension {depth}; [{string.Join(", ", shape.ToArray())}] is expected.");
        foreach (var part in element.EnumerateArray()) Flatten(part, shape, depth + 1, to, what);
    }
}
