using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Adapters;

/// <summary>LoRA files as something to attach: written in the layouts of diffusers and of kohya's scripts, read in those of any tool.</summary>
internal static class LoraFile
{
    private const string Alpha = ".alpha";
    private static readonly string[] s_down = [".lora_A.weight", ".lora_down.weight"], s_up = [".lora_B.weight", ".lora_up.weight"]; // by layout

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

    /// <summary>Reads adapters of any tool and attaches them to the layers that they name.</summary>
    /// <exception cref="CheckpointException">A key, a shape or a kind of adapter does not fit the model; the message names it.</exception>
    /// <exception cref="SafetensorsException">The file is damaged.</exception>
    internal static LoraSet Read(string path, IReadOnlyDictionary<string, IAdaptable> layers)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        using var file = SafetensorsFile.Open(path);
        // Everything is checked against the headers before a tensor is read.
        var entries = LoraContent.Of(file, layers);
        if (entries.FirstOrDefault(e => e.Kind is not LoraKind.LowRank || e.IsDora || e.Has(LoraRole.Mid)) is { } other)
            throw new CheckpointException(
                $"{path}: the adapter '{other.Shown}' is no plain LoRA and cannot be attached to a layer. It can be merged into the model's weights instead.");
        return new LoraSet(layers, [.. entries.Select(e => KeyValuePair.Create(e.Layer, Adapter(file, e, layers[e.Layer].Weight)))]);
    }

    private static LoraAdapter Adapter(SafetensorsFile file, LoraEntry entry, Tensor weight)
    {
        var rank = file.Entries[entry.Keys[LoraRole.Down]].Shape[0];
        long[] down = [rank, .. weight.shape[1..]], up = weight.ndim == 2 ? [weight.shape[0], rank] : [weight.shape[0], rank, 1, 1];
        return new LoraAdapter(Matrix(LoraRole.Down, down), Matrix(LoraRole.Up, up), LoraDelta.Scale(file, entry, rank) * rank);

        Tensor Matrix(LoraRole role, long[] shape) => file.Read(entry.Keys[role]).to(float32).reshape(shape).to(weight.device).DetachFromDisposeScope();
    }
}
