using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Hub;
using StyleProtect.Layers;
using StyleProtect.Native;

namespace StyleProtect.Runtime;

/// <summary>Reads what a model is from its configurations and the headers of its weights; no weight is loaded.</summary>
public static class ModelInspector
{
    /// <summary>
    /// Reads everything, with the hash over all weights files (that takes a few seconds for each gigabyte), and checks that the weights fit the configurations.
    /// </summary>
    /// <param name="options">Which model, or which ensemble.</param>
    /// <exception cref="ModelStoreException">A name stands for no model on this machine; the message names the command that gets it.</exception>
    /// <exception cref="CheckpointException">The model is missing, incomplete, of an unsupported kind, only there as pickles, or its weights do not fit; the
    /// message says which.</exception>
    /// <exception cref="SafetensorsException">A weights file is damaged.</exception>
    /// <exception cref="DllNotFoundException">libtorch cannot be loaded.</exception>
    public static ModelDescription Read(ModelHostOptions options)
    {
        var sources = Open(options);
        foreach (var source in sources) LatentDiffusionLoader.Verify(source);
        var files = FilesOf(sources);
        return new ModelDescription(
            IdentityOf(sources), sources.Count > 1 ? "ensemble" : sources[0].Index.PipelineClass, LayersOf(sources), ParametersOf(sources),
            files.Sum(LinkedFile.LengthOf))
        {
            WithoutUNet = UNetProblem(sources),
            IsAutoencoderAlone = sources.Count > 1 || sources[0].IsAutoencoderAlone,
            Notes = [.. sources.SelectMany(s => s.Notes)],
        };
    }

    /// <inheritdoc cref="Read(ModelHostOptions)"/>
    /// <param name="path">The model's folder or file.</param>
    public static ModelDescription Read(string path) => Read(new ModelHostOptions { ModelPath = path });

    /// <summary>Reads configurations and headers, checks that they fit, and lists the attention layers; none for autoencoders alone.</summary>
    /// <param name="options">Which model, or which ensemble.</param>
    /// <exception cref="CheckpointException">The model is missing, or a part is missing or not supported.</exception>
    /// <exception cref="DllNotFoundException">libtorch cannot be loaded.</exception>
    public static LayerCatalog ReadLayers(ModelHostOptions options)
    {
        var sources = Open(options);
        foreach (var source in sources) LatentDiffusionLoader.Verify(source);
        return LayersOf(sources);
    }

    /// <inheritdoc cref="ReadLayers(ModelHostOptions)"/>
    /// <param name="path">The model's folder or file.</param>
    public static LayerCatalog ReadLayers(string path) => ReadLayers(new ModelHostOptions { ModelPath = path });

    /// <summary>Opens what options name: one model, or the members of an ensemble.</summary>
    internal static IReadOnlyList<ModelSource> Open(ModelHostOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        TorchRuntime.EnsureLoaded();
        var places = new ModelStoreOptions();
        places.ModelFolders = [.. options.ModelFolders, .. places.ModelFolders];
        using var store = new ModelStore(places);
        var vae = options.VaePath is { } name ? store.Resolve(name) : null;
        return [.. (options.Autoencoders is { Count: > 0 } members ? members : [options.ModelPath])
            .Select(path => LatentDiffusionLoader.Open(store.Resolve(path), options.Variant, vae))];
    }

    /// <summary>Why only methods that need nothing but an autoencoder can be used; null where every method can.</summary>
    internal static string? UNetProblem(IReadOnlyList<ModelSource> sources) =>
        sources.Count > 1 ? $"it is an ensemble of {sources.Count} autoencoders" : LatentDiffusionLoader.UNetProblem(sources[0]);

    /// <summary>The identity of a model, or of an ensemble: its hash is over the files of all.</summary>
    internal static ModelIdentity IdentityOf(IReadOnlyList<ModelSource> sources) => new(
        string.Join(" + ", sources.Select(s => s.Name)), string.Join(Path.PathSeparator, sources.Select(s => s.Root)), ModelHash.Of(FilesOf(sources)));

    internal static LayerCatalog LayersOf(IReadOnlyList<ModelSource> sources)
    {
        var autoencoder = LatentDiffusionLoader.AutoencoderOf(sources[0]);
        if (UNetProblem(sources) is { } problem)
        {
            var kind = sources.Count > 1 ? $"ensemble of {sources.Count} autoencoders"
                : sources[0].IsAutoencoderAlone ? $"autoencoder ({sources[0].ClassOf("vae")})" : $"autoencoder of a {sources[0].Index.PipelineClass}";
            return new LayerCatalog(kind, [])
            { LatentDownsampling = autoencoder.Downsampling(), PictureSize = autoencoder.SampleSize, WithoutUNet = problem };
        }

        using var unet = LatentDiffusionLoader.UNetShapes(sources[0]);
        return unet.Catalog(autoencoder.Downsampling());
    }

    /// <summary>Number of weights of a model or an ensemble, from the files' headers.</summary>
    internal static long ParametersOf(IReadOnlyList<ModelSource> sources)
    {
        long parameters = 0;
        foreach (var source in sources)
            foreach (var part in PartsOf(source, sources.Count > 1))
            {
                using var weights = source.WeightsOf(part);
                parameters += weights.Keys.Select(weights.Entry).Where(IsWeight).Sum(Elements);
            }

        return parameters;
    }

    private static IReadOnlyList<string> FilesOf(IReadOnlyList<ModelSource> sources) =>
        [.. sources.SelectMany(s => s.WeightsFilesOf([.. PartsOf(s, sources.Count > 1)])).Distinct(StringComparer.Ordinal)];

    private static IReadOnlyList<string> PartsOf(ModelSource source, bool isMember) => isMember ? ["vae"] : LatentDiffusionLoader.WeightedParts(source);

    // Old text encoders also store the numbers of their positions, which are no weights.
    private static bool IsWeight(SafetensorsEntry entry) => !entry.Name.EndsWith("position_ids", StringComparison.Ordinal);

    private static long Elements(SafetensorsEntry entry) => entry.Shape.Aggregate(1L, (a, b) => a * b);
}
