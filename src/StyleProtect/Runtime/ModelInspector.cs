using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Layers;
using StyleProtect.Native;

namespace StyleProtect.Runtime;

/// <summary>Reads what a model is from its configurations and the headers of its weights; no weight is loaded.</summary>
public static class ModelInspector
{
    /// <summary>
    /// Reads everything, with the hash over all weights files (that takes a few seconds for each gigabyte), and checks that the weights fit the configurations.
    /// </summary>
    /// <param name="path">The model's folder or file.</param>
    /// <param name="options">Which variant, and what replaces the autoencoder; null for neither.</param>
    /// <exception cref="CheckpointException">The model is missing, incomplete, of an unsupported kind, only there as pickles, or its weights do not fit; the
    /// message says which.</exception>
    /// <exception cref="SafetensorsException">A weights file is damaged.</exception>
    /// <exception cref="DllNotFoundException">libtorch cannot be loaded.</exception>
    public static ModelDescription Read(string path, ModelFileOptions? options = null)
    {
        var source = Open(path, options);
        LatentDiffusionLoader.Verify(source);
        var files = LatentDiffusionLoader.WeightsFiles(source);
        return new ModelDescription(IdentityOf([source]), source.Index.PipelineClass, LayersOf([source]),
            ParametersOf(source, LatentDiffusionLoader.WeightedParts(source)), files.Sum(FileSize.Of))
        { WithoutUNet = LatentDiffusionLoader.UNetProblem(source), Notes = source.Notes };
    }

    /// <summary>Reads only the configurations and lists the attention layers; none for an autoencoder alone.</summary>
    /// <param name="path">The model's folder or file.</param>
    /// <param name="options">Which variant, and what replaces the autoencoder; null for neither.</param>
    /// <exception cref="CheckpointException">The model is missing, or a part is missing or not supported.</exception>
    /// <exception cref="DllNotFoundException">libtorch cannot be loaded.</exception>
    public static LayerCatalog ReadLayers(string path, ModelFileOptions? options = null) => LayersOf([Open(path, options)]);

    /// <summary>The identity of a model, or of an ensemble: its hash is over the files of all.</summary>
    internal static ModelIdentity IdentityOf(IReadOnlyList<ModelSource> sources) => new(
        string.Join(" + ", sources.Select(s => s.Name)), string.Join(Path.PathSeparator, sources.Select(s => s.Root)),
        ModelHash.Of(sources is [var source]
            ? LatentDiffusionLoader.WeightsFiles(source) : [.. sources.SelectMany(s => s.WeightsFilesOf("vae")).Distinct(StringComparer.Ordinal)]));

    internal static LayerCatalog LayersOf(IReadOnlyList<ModelSource> sources)
    {
        var autoencoder = LatentDiffusionLoader.AutoencoderOf(sources[0]);
        if (sources is not [var source] || LatentDiffusionLoader.UNetProblem(source) is not null)
        {
            return new LayerCatalog(sources.Count == 1 ? $"autoencoder ({sources[0].ClassOf("vae")})" : $"ensemble of {sources.Count} autoencoders", [])
            { LatentDownsampling = autoencoder.Downsampling(), PictureSize = autoencoder.SampleSize };
        }

        using var unet = LatentDiffusionLoader.UNetShapes(source);
        return unet.Catalog(autoencoder.Downsampling());
    }

    /// <summary>Number of weights of parts, from the files' headers.</summary>
    internal static long ParametersOf(ModelSource source, IReadOnlyList<string> parts)
    {
        long parameters = 0;
        foreach (var part in parts)
        {
            using var weights = source.WeightsOf(part);
            parameters += weights.Keys.Select(weights.Entry).Where(IsWeight).Sum(Elements);
        }

        return parameters;
    }

    private static ModelSource Open(string path, ModelFileOptions? options)
    {
        TorchRuntime.EnsureLoaded();
        return LatentDiffusionLoader.Open(path, options?.Variant, options?.VaePath);
    }

    // Old text encoders also store the numbers of their positions, which are no weights.
    private static bool IsWeight(SafetensorsEntry entry) => !entry.Name.EndsWith("position_ids", StringComparison.Ordinal);

    private static long Elements(SafetensorsEntry entry) => entry.Shape.Aggregate(1L, (a, b) => a * b);
}
