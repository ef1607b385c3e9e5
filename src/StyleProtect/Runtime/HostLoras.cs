using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Adapters;
using StyleProtect.Diffusion.Checkpoints;

namespace StyleProtect.Runtime;

/// <summary>The LoRAs of a host: checked when it is made, merged when the weights are loaded, and part of the model's identity.</summary>
internal static class HostLoras
{
    /// <summary>Checks from the headers that every file fits the model.</summary>
    /// <param name="sources">The model, or the members of an ensemble.</param>
    /// <param name="loras">The files.</param>
    /// <exception cref="CheckpointException">One does not; the message says why.</exception>
    internal static void Verify(IReadOnlyList<ModelSource> sources, IReadOnlyList<LoraReference> loras)
    {
        if (loras.Count == 0) return;
        if (ModelInspector.UNetProblem(sources) is { } problem)
            throw new CheckpointException($"A LoRA changes U-Net and text encoder, and the model '{sources[0].Name}' has none that could be asked: {problem}.");
        var (layers, modules) = LoraLayers.Shapes(sources[0]);
        try
        {
            foreach (var lora in loras) LoraMerge.Verify(layers, lora.Path);
        }
        finally
        {
            foreach (var module in modules) module.Dispose();
        }
    }

    /// <summary>Merges every file, in order.</summary>
    internal static void Merge(LatentDiffusionModel model, IReadOnlyList<LoraReference> loras, ModelSource source)
    {
        foreach (var lora in loras)
            foreach (var note in LoraMerge.Merge(model, lora.Path, lora.Weight).Notes) source.Note(note);
    }

    /// <summary>The identity of the model with LoRAs merged: a hash over that of the weights and those of the files with their strengths.</summary>
    internal static ModelIdentity With(this ModelIdentity model, IReadOnlyList<LoraReference> loras)
    {
        if (loras.Count == 0) return model;
        var parts = loras.Select(l => $"{ModelHash.Of([LoraPath.FileOf(l.Path)])} {l.Weight.ToString("R", CultureInfo.InvariantCulture)}");
        var text = string.Join('\n', parts.Prepend(model.Sha256));
        return model with { Sha256 = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))) };
    }
}
