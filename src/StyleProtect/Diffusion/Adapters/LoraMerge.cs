using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Adapters;

/// <summary>Merges LoRA files into a loaded model's frozen weights.</summary>
internal static class LoraMerge
{
    /// <summary>
    /// Merges a file: W + weight · ΔW, computed in fp32 and stored in the weights' type. A DoRA's learned lengths apply at weight 1; at another one the result
    /// is on the line between W and that. What was merged before stays merged, so the order counts for DoRA, and twice is twice.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="path">The file, or a folder with one under diffusers' or peft's usual name.</param>
    /// <param name="weight">Its strength; 0 checks the file and changes nothing.</param>
    /// <returns>What was found.</returns>
    /// <exception cref="CheckpointException">The file is no LoRA, one for another model, or does not fit; nothing was changed. Or a changed weight is not
    /// finite; the model must not be used then.</exception>
    /// <exception cref="SafetensorsException">The file is damaged.</exception>
    internal static LoraReport Merge(LatentDiffusionModel model, string path, double weight) => Merge(LoraLayers.OfAll(model), path, weight);

    /// <summary>Checks from the header that a file can be merged into a model of these layers, which may be on the meta device.</summary>
    /// <inheritdoc cref="Merge(LatentDiffusionModel, string, double)" path="/exception"/>
    internal static LoraReport Verify(IReadOnlyDictionary<string, IAdaptable> layers, string path)
    {
        using var file = SafetensorsFile.Open(LoraPath.FileOf(path));
        return LoraReport.Of(file, LoraContent.Of(file, layers));
    }

    internal static LoraReport Merge(IReadOnlyDictionary<string, IAdaptable> layers, string path, double weight)
    {
        if (!double.IsFinite(weight)) throw new ArgumentOutOfRangeException(nameof(weight), weight, "The weight of a LoRA must be finite.");
        using var frozen = no_grad();
        using var file = SafetensorsFile.Open(LoraPath.FileOf(path));
        var entries = LoraContent.Of(file, layers);
        foreach (var entry in weight == 0 ? [] : entries)
        {
            using var scope = NewDisposeScope();
            var layer = layers[entry.Layer];
            Store(file, entry, layer.Weight, Changed(file, entry, layer.Weight, weight));
            if (!entry.Keys.TryGetValue(LoraRole.DiffBias, out var key)) continue;
            var bias = layer.Bias!;
            Store(file, entry, bias, bias.to(float32).Add(file.Read(key).to(float32).to(bias.device).reshape(bias.shape).Mul(weight)));
        }

        return LoraReport.Of(file, entries);
    }

    private static Tensor Changed(SafetensorsFile file, LoraEntry entry, Tensor weight, double strength)
    {
        var old = weight.to(float32);
        var delta = LoraDelta.Of(file, entry, weight.shape, weight.device);
        return entry.IsDora ? old.Add((LoraDelta.Rescaled(file, entry, old.Add(delta)) - old).Mul(strength)) : old.Add(delta.Mul(strength));
    }

    private static void Store(SafetensorsFile file, LoraEntry entry, Tensor target, Tensor value)
    {
        if (!value.isfinite().all().item<bool>())
            throw new CheckpointException($"{file.Path}: the adapter '{entry.Shown}' makes weights that are not finite; the file is damaged.");
        target.copy_(value);
    }
}
