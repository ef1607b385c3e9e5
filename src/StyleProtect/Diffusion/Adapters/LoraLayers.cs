using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Models;
using StyleProtect.Diffusion.Models.Layers;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Adapters;

/// <summary>The layers that adapters can be attached to, and their names in files.</summary>
internal static class LoraLayers
{
    private static readonly string[] s_textParts = ["text_encoder", "text_encoder_2"];

    /// <summary>By diffusers' name with the part in front: <c>unet.….to_q</c>, <c>text_encoder.….q_proj</c>.</summary>
    internal static Dictionary<string, IAdaptable> Of(LatentDiffusionModel model) =>
        Of("unet", model.UNet).Concat(Of("text_encoder", model.TextEncoder)).ToDictionary(StringComparer.Ordinal);

    /// <summary>The same with Stable Diffusion XL's second text encoder, <c>text_encoder_2.…</c>.</summary>
    internal static Dictionary<string, IAdaptable> OfAll(LatentDiffusionModel model) =>
        Of(model).Concat(model.Second is { } second ? Of("text_encoder_2", second.Encoder) : []).ToDictionary(StringComparer.Ordinal);

    /// <summary>The layers of a folder's model on the meta device: names and shapes, to look at files with. Dispose the modules.</summary>
    internal static (Dictionary<string, IAdaptable> Layers, IReadOnlyList<IDisposable> Modules) Shapes(ModelSource source)
    {
        var unet = LatentDiffusionLoader.UNetShapes(source);
        var modules = new List<IDisposable> { unet };
        var layers = Of("unet", unet).ToDictionary(StringComparer.Ordinal);
        using var meta = WeightFactory.Use(ScalarType.Float32, new Device("meta"));
        foreach (var part in s_textParts.Where(source.Has))
        {
            var text = new ClipTextModel(source.TextConfigOf(part), withProjection: part is "text_encoder_2");
            modules.Add(text);
            foreach (var (name, layer) in Of(part, text)) layers.Add(name, layer);
        }

        return (layers, modules);
    }

    internal static IEnumerable<KeyValuePair<string, IAdaptable>> Of(string part, nn.Module module)
    {
        // named_modules() lists a layer once more under the names of the C# fields on the way to it; named_parameters() has each weight once.
        var layers = module.modules().OfType<IAdaptable>().Distinct().ToDictionary(l => l.Weight.Handle);
        foreach (var (name, weight) in module.named_parameters())
            if (layers.TryGetValue(weight.Handle, out var layer)) yield return KeyValuePair.Create($"{part}.{name[..^".weight".Length]}", layer);
    }

    /// <summary>The name that kohya's scripts give a layer.</summary>
    internal static string KohyaName(string name)
    {
        var (part, layer) = (name.Split('.', 2)[0], name.Split('.', 2)[1]);
        return $"{(part == "unet" ? "lora_unet" : "lora_te")}_{layer.Replace('.', '_')}";
    }
}
