using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Models;
using StyleProtect.Layers;
using StyleProtect.Native;

namespace StyleProtect.Runtime;

/// <summary>Reads what a model is from its configurations and the headers of its weights; no weight is loaded. Stable Diffusion 1.x, 2.x and XL.</summary>
public static class ModelInspector
{
    /// <summary>
    /// Reads everything, with the hash over all weights files (that takes a few seconds for each gigabyte), and checks that the weights fit the configurations.
    /// </summary>
    /// <param name="folder">The model's folder in diffusers layout.</param>
    /// <exception cref="CheckpointException">The folder is missing, incomplete, of an unsupported kind, only there as pickles, or its weights do not fit; the
    /// message says which.</exception>
    /// <exception cref="SafetensorsException">A weights file is damaged.</exception>
    /// <exception cref="DllNotFoundException">libtorch cannot be loaded.</exception>
    public static ModelDescription Read(string folder)
    {
        var model = Open(folder);
        LatentDiffusionLoader.Verify(model);
        var files = LatentDiffusionLoader.WeightsFiles(model);
        return new ModelDescription(IdentityOf(model), model.Index.PipelineClass, LayersOf(model), ParametersOf(model), files.Sum(f => new FileInfo(f).Length));
    }

    /// <summary>Reads only the configurations of U-Net and autoencoder and lists the attention layers.</summary>
    /// <param name="folder">The model's folder in diffusers layout.</param>
    /// <exception cref="CheckpointException">The folder is missing, or its U-Net's configuration is missing or not supported.</exception>
    /// <exception cref="DllNotFoundException">libtorch cannot be loaded.</exception>
    public static LayerCatalog ReadLayers(string folder) => LayersOf(Open(folder));

    internal static ModelIdentity IdentityOf(ModelFolder model) =>
        new(new DirectoryInfo(model.Root).Name, model.Root, ModelHash.Of(LatentDiffusionLoader.WeightsFiles(model)));

    internal static LayerCatalog LayersOf(ModelFolder model)
    {
        using var unet = LatentDiffusionLoader.UNetShapes(model);
        return unet.Catalog(model.Has("vae") ? model.ConfigOf<AutoencoderKLConfig>("vae").Downsampling() : new AutoencoderKLConfig().Downsampling());
    }

    /// <summary>Number of weights, from the files' headers.</summary>
    internal static long ParametersOf(ModelFolder model)
    {
        long parameters = 0;
        foreach (var part in LatentDiffusionLoader.WeightedParts(model))
        {
            using var weights = model.WeightsOf(part);
            parameters += weights.Keys.Select(weights.Entry).Where(IsWeight).Sum(Elements);
        }

        return parameters;
    }

    private static ModelFolder Open(string folder)
    {
        TorchRuntime.EnsureLoaded();
        return ModelFolder.Open(folder);
    }

    // Old text encoders also store the numbers of their positions, which are no weights.
    private static bool IsWeight(SafetensorsEntry entry) => !entry.Name.EndsWith("position_ids", StringComparison.Ordinal);

    private static long Elements(SafetensorsEntry entry) => entry.Shape.Aggregate(1L, (a, b) => a * b);
}
