using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Models;
using StyleProtect.MiniModel;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Checkpoints.SingleFile;

/// <summary>The embedded model as one file in the original layout.</summary>
internal static class MiniModelFile
{
    internal static ModelFolder Folder { get; } = ModelFolder.Open(MiniModelPackage.Folder);

    /// <param name="path">The file.</param>
    /// <param name="text">Where the text encoder goes.</param>
    internal static void Write(string path, string text = "cond_stage_model.transformer.")
    {
        using var scope = NewDisposeScope();
        var tensors = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        var unet = Folder.ConfigOf<UNet2DConditionConfig>("unet");
        foreach (var (name, tensor) in All("unet")) tensors.Add("model.diffusion_model." + OriginalLayout.UNet(name, unet), tensor);
        foreach (var (name, tensor) in All("vae"))
            tensors.Add(
                "first_stage_model." + OriginalLayout.Autoencoder(name, 4),
                name.Contains(".attentions.", StringComparison.Ordinal) && tensor.dim() == 2 ? tensor.unsqueeze(-1).unsqueeze(-1) : tensor);
        if (text.EndsWith("model.", StringComparison.Ordinal)) AddOpenClip(tensors, text);
        else foreach (var (name, tensor) in All("text_encoder")) tensors.Add(text + name, tensor);
        SafetensorsWriter.Write(path, tensors);
    }

    private static List<(string Name, Tensor Tensor)> All(string part)
    {
        using var source = Folder.WeightsOf(part);
        return [.. source.Keys.Select(k => (k, source.Read(k)))];
    }

    private static void AddOpenClip(Dictionary<string, Tensor> tensors, string prefix)
    {
        var all = All("text_encoder").ToDictionary(t => t.Name, t => t.Tensor, StringComparer.Ordinal);
        foreach (var (name, tensor) in all)
        {
            if (name.Contains(".k_proj.", StringComparison.Ordinal) || name.Contains(".v_proj.", StringComparison.Ordinal)) continue;
            var fused = name.Contains(".q_proj.", StringComparison.Ordinal)
                ? cat([tensor, all[name.Replace(".q_", ".k_", StringComparison.Ordinal)], all[name.Replace(".q_", ".v_", StringComparison.Ordinal)]], 0)
                : tensor;
            tensors.Add(prefix + OriginalLayout.OpenClip(name), fused);
        }
    }
}
