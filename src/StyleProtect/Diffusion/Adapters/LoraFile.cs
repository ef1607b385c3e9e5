using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Adapters;

/// <summary>LoRA files of diffusers, peft and kohya's scripts.</summary>
internal static class LoraFile
{
    private const string Alpha = ".alpha";
    private static readonly string[] s_down = [".lora_A.weight", ".lora_down.weight"], s_up = [".lora_B.weight", ".lora_up.weight"];

    /// <summary>Writes adapters; a file that exists is replaced.</summary>
    internal static void Write(string path, LoraSet set, LoraLayout layout)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        var tensors = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (var (name, adapter) in set.Adapters)
        {
            var (key, kind) = layout is LoraLayout.Kohya ? (LoraLayers.KohyaName(name), 1) : (name, 0);
            tensors[key + s_down[kind]] = adapter.Down;
            tensors[key + s_up[kind]] = layout is LoraLayout.Kohya || adapter.Alpha == adapter.Rank ? adapter.Up : adapter.Up.Mul(adapter.Scale);
            if (layout is LoraLayout.Kohya) tensors[key + Alpha] = TensorMath.Full([], adapter.Alpha, float32);
        }

        SafetensorsWriter.Write(path, tensors, new Dictionary<string, string>(StringComparer.Ordinal) { ["format"] = "pt" });
    }

    /// <summary>Reads adapters of either layout and attaches them to the layers that they name.</summary>
    /// <exception cref="CheckpointException">A key, a shape or a kind of adapter does not fit the model; the message names it.</exception>
    /// <exception cref="SafetensorsException">The file is damaged.</exception>
    internal static LoraSet Read(string path, IReadOnlyDictionary<string, IAdaptable> layers)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        using var file = SafetensorsFile.Open(path);
        var names = layers.Keys.SelectMany(n => new[] { (Key: n, Name: n), (Key: LoraLayers.KohyaName(n), Name: n) })
            .ToDictionary(p => p.Key, p => p.Name, StringComparer.Ordinal);
        var stems = file.Entries.Keys.GroupBy(k => Stem(path, k), StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.ToArray(), StringComparer.Ordinal);
        if (stems.Keys.FirstOrDefault(s => !names.ContainsKey(s)) is { } unknown)
            throw new CheckpointException(
                $"{path}: the model has no layer for the adapter '{SafetensorsHeader.Shown(unknown)}'. The file was made for another kind of model.");
        if (stems.Keys.GroupBy(s => names[s], StringComparer.Ordinal).FirstOrDefault(g => g.Skip(1).Any()) is { } twice)
            throw new CheckpointException($"{path}: '{twice.Key}' has two adapters.");
        var alphas = new LoraMetadata(path, file.Metadata);
        // Everything is checked against the headers before a tensor is read.
        var fits = stems.Select(s => (Name: names[s.Key], Shapes: Fit(path, s.Key, s.Value, file, layers[names[s.Key]].Weight.shape))).ToArray();
        return new LoraSet(layers, [.. fits.Select(f => KeyValuePair.Create(f.Name, Adapter(file, f.Shapes, layers[f.Name].Weight, alphas.AlphaOf(f.Name))))]);
    }

    private static string Stem(string path, string key) =>
        s_down.Concat(s_up).Append(Alpha).FirstOrDefault(e => key.EndsWith(e, StringComparison.Ordinal)) is { } ending
            ? key[..^ending.Length]
            : throw new CheckpointException(
                $"{path}: '{SafetensorsHeader.Shown(key)}' is not a key of a LoRA file (lora_A and lora_B, or lora_down, lora_up and alpha).");

    private static LoraShapes Fit(string path, string stem, string[] keys, SafetensorsFile file, long[] weight)
    {
        string? Key(string[] endings) => keys.FirstOrDefault(k => endings.Any(e => k.EndsWith(e, StringComparison.Ordinal)));
        if (Key(s_down) is not { } down || Key(s_up) is not { } up)
            throw new CheckpointException($"{path}: the adapter '{SafetensorsHeader.Shown(stem)}' needs one matrix down and one up.");
        var rank = file.Entries[down].Shape is [var first, ..] ? first : 0;
        long[] downShape = [rank, .. weight[1..]], upShape = weight.Length == 2 ? [weight[0], rank] : [weight[0], rank, 1, 1];
        foreach (var (key, wanted) in new[] { (down, downShape), (up, upShape) })
        {
            // Linear layers and 1 × 1 convolutions are written in each other's form by some tools.
            var shape = file.Entries[key].Shape;
            if (rank < 1 || !Without1(shape).SequenceEqual(Without1(wanted)))
                throw new CheckpointException(
                    $"{path}: '{SafetensorsHeader.Shown(key)}' has the shape [{string.Join(", ", shape)}], the model's layer needs " +
                    $"[{string.Join(", ", wanted)}].");
        }

        var alpha = Key([Alpha]);
        if (alpha is not null && file.Entries[alpha].Shape.Any(d => d != 1))
            throw new CheckpointException($"{path}: '{SafetensorsHeader.Shown(alpha)}' must be one number.");
        return new LoraShapes(down, downShape, up, upShape, alpha);

        static IEnumerable<long> Without1(IEnumerable<long> shape) => shape.Take(2).Concat(shape.Skip(2).Where(d => d != 1));
    }

    private static LoraAdapter Adapter(SafetensorsFile file, LoraShapes shapes, Tensor weight, double? declared)
    {
        var alpha = shapes.Alpha is { } key ? file.Read(key).to(float64).item<double>() : declared ?? shapes.DownShape[0];
        return new LoraAdapter(Matrix(shapes.Down, shapes.DownShape), Matrix(shapes.Up, shapes.UpShape), alpha);

        Tensor Matrix(string name, long[] shape) => file.Read(name).to(float32).reshape(shape).to(weight.device).DetachFromDisposeScope();
    }

    private sealed record LoraShapes(string Down, long[] DownShape, string Up, long[] UpShape, string? Alpha);
}
