using StyleProtect.Artworks;
using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Models;
using StyleProtect.Kernels;
using StyleProtect.Layers;
using StyleProtect.Layers.Analysis;
using StyleProtect.Perception;
using StyleProtect.Runtime.Memory;
using StyleProtect.Runtime.Views;
using TorchSharp;

namespace StyleProtect.Runtime;

/// <summary>
/// Owns one model, or one ensemble of autoencoders: its files and identity, the engine thread with its bounded queue, the loaded and self-checked weights, and
/// the style encoders used beside
/// them. Protectors, attack simulators and measurements that are created from one host share all of it. Hosts do not know each other, so several can coexist.
/// Thread-safe.
/// </summary>
/// <remarks>The weights are read with the first job. On a processor every kind of convolution of the model is compared with float64 before the model is
/// used.</remarks>
public sealed class ModelHost : IDisposable, IAsyncDisposable
{
    private readonly ModelHostOptions _options;
    private readonly JobQueue _queue;
    private readonly Lazy<ModelIdentity> _identity;
    private readonly Lazy<LayerCatalog> _layers;
    private readonly Lazy<ModelFootprint> _footprint;
    private (ComputePlan Compute, LatentDiffusionModel Model)? _loaded;
    private (string Files, IStyleFeatures Features)? _style;

    private ModelHost(ModelHostOptions options, IReadOnlyList<ModelSource> sources)
    {
        _options = options;
        Sources = sources;
        _identity = new(() => ModelInspector.IdentityOf(sources).With(options.Loras));
        _layers = new(() => ModelInspector.LayersOf(sources));
        _footprint = new(() => ModelFootprint.Of(sources));
        _queue = new JobQueue(options.QueueLimit, Unload);
    }

    /// <summary>The model, with the hash of its weights.</summary>
    public ModelIdentity Model => _identity.Value;

    /// <summary>The model's attention layers; none for autoencoders alone.</summary>
    public LayerCatalog Layers => _layers.Value;

    /// <summary>The model's folder or file; of an ensemble the first member's.</summary>
    public string ModelPath => Source.Root;

    /// <summary>Why only methods that need nothing but an autoencoder can be used; null where every method can.</summary>
    public string? WithoutUNet => ModelInspector.UNetProblem(Sources);

    /// <summary>Choices that were made among the model's files, a sentence each: the variant, what of a file is not used.</summary>
    public IReadOnlyList<string> Notes => [.. Sources.SelectMany(s => s.Notes)];

    /// <summary>Arithmetic of the frozen weights for requests that do not say.</summary>
    public Precision Precision => _options.Precision;

    /// <summary>Jobs that wait for their turn; the running one does not count.</summary>
    public int WaitingJobs => _queue.Waiting;

    /// <summary>The model, or the members of an ensemble.</summary>
    internal IReadOnlyList<ModelSource> Sources { get; }

    /// <summary>The model, or the first member.</summary>
    internal ModelSource Source => Sources[0];

    /// <summary>Looks at every model that is loaded; tests plant a fault here.</summary>
    internal Action<LatentDiffusionModel> SelfCheck { get; set; } = model => ConvolutionSelfCheck.Require(model);

    internal ModelFootprint Footprint => _footprint.Value;

    /// <summary>Makes a host. Checks the device and the model's files; weights are read with the first job.</summary>
    /// <param name="options">Model, device, precision and the queue's limit; null for the embedded model.</param>
    /// <exception cref="ModelHostException">An option is out of range, or the machine does not have the device or the arithmetic that the options ask
    /// for.</exception>
    /// <exception cref="Hub.ModelStoreException">A name stands for no model on this machine; the message names the command that gets it.</exception>
    /// <exception cref="CheckpointException">The model is missing, incomplete, of an unsupported kind, or only there as pickles; or a LoRA
    /// does not fit it.</exception>
    /// <exception cref="DllNotFoundException">libtorch cannot be loaded.</exception>
    public static ModelHost Create(ModelHostOptions? options = null)
    {
        var given = options ?? new ModelHostOptions();
        if (given.Faults().FirstOrDefault() is { } fault) throw new ModelHostException(fault);
        // A copy: later changes of the caller's object must not reach a running host.
        var copy = new ModelHostOptions
        {
            ModelPath = given.ModelPath,
            Autoencoders = [.. given.Autoencoders],
            VaePath = given.VaePath,
            Variant = given.Variant,
            ModelFolders = [.. given.ModelFolders],
            Device = given.Device,
            Precision = given.Precision,
            QueueLimit = given.QueueLimit,
            Loras = [.. given.Loras],
        };
        ComputePlan.Resolve(copy.Device, copy.Precision);
        var sources = ModelInspector.Open(copy);
        HostLoras.Verify(sources, copy.Loras);
        return new ModelHost(copy, sources);
    }

    /// <summary>Measures how much style each cross-attention layer carries, on pictures whose content and style are known.</summary>
    /// <param name="examples">Pictures of at least two styles, better of several contents each.</param>
    /// <param name="options">How thoroughly; null for the defaults.</param>
    /// <param name="styleEncoder">For the similarity measures, which are skipped without it; on the host's device.</param>
    /// <param name="contentEncoder">Compared with it; null takes the model's own embedding of the content words.</param>
    /// <param name="progress">Told after every pass, on the engine thread.</param>
    /// <param name="cancellationToken">Ends a waiting job at once, a running one between two passes.</param>
    /// <exception cref="LayerSelectionException">The model, the words or the pictures cannot be measured; the message says why.</exception>
    /// <exception cref="JobQueueFullException">Too many jobs wait.</exception>
    /// <exception cref="ObjectDisposedException">The host was disposed.</exception>
    public Task<LayerSensitivity> MeasureLayersAsync(
        IReadOnlyList<StyleExample> examples, SensitivityOptions? options = null, IImageEncoder? styleEncoder = null, IImageEncoder? contentEncoder = null,
        IProgress<SensitivityProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(examples);
        return MeasureLayers(Compute(null), [.. examples], options ?? new SensitivityOptions(), styleEncoder, contentEncoder, progress, cancellationToken);
    }

    /// <summary>
    /// Watches the cross-attention layers while the U-Net looks at a real picture, noised to timesteps. Without a watch the layers cost nothing.
    /// </summary>
    /// <param name="artwork">The picture; its largest central square is looked at, at the model's size.</param>
    /// <param name="prompt">Conditions the U-Net.</param>
    /// <param name="timesteps">A pass for each, 0 (clean) to 999 (noise) in Stable Diffusion.</param>
    /// <param name="seed">Of the noise.</param>
    /// <param name="mapSide">Side of the token masses' maps in regions, 1 to 64; 0 for none.</param>
    /// <param name="cancellationToken">Ends a waiting job at once, a running one between two passes.</param>
    /// <exception cref="LayerSelectionException">A number is out of range; the message names it.</exception>
    public Task<LayerWatch> WatchLayersAsync(
        Artwork artwork, string prompt, IReadOnlyList<int> timesteps, int seed = 42, int mapSide = 0, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(artwork);
        ArgumentNullException.ThrowIfNull(prompt);
        ArgumentNullException.ThrowIfNull(timesteps);
        LayerRequestCheck.Watch(seed, mapSide);
        int[] copy = [.. timesteps];
        return Watch(
            (model, watcher, token) =>
                watcher.Picture(ModelPictures.CentralSquare(artwork, model.PictureSize, model.Device).unsqueeze(0), prompt, copy, seed, mapSide, token),
            cancellationToken);
    }

    /// <summary>Watches the cross-attention layers while a picture is sampled from a prompt (DDIM).</summary>
    /// <param name="prompt">What is sampled; only its half of a guided pass is watched.</param>
    /// <param name="steps">Sampling steps, 1 to 1000.</param>
    /// <param name="guidance">Scale of classifier-free guidance; 1 for none.</param>
    /// <param name="seed">Of the noise; the picture is the same as without a watch.</param>
    /// <param name="mapSide">Side of the token masses' maps in regions, 1 to 64; 0 for none.</param>
    /// <param name="cancellationToken">Ends a waiting job at once, a running one between two steps.</param>
    /// <exception cref="LayerSelectionException">A number is out of range; the message names it.</exception>
    public Task<LayerWatch> WatchSamplingAsync(
        string prompt, int steps = 30, double guidance = 7.5, int seed = 42, int mapSide = 0, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        LayerRequestCheck.Watch(seed, mapSide);
        LayerRequestCheck.Sampling(steps, guidance);
        return Watch((_, watcher, token) => watcher.Sampling(prompt, steps, guidance, seed, mapSide, token), cancellationToken);
    }

    /// <summary>Cancels the waiting jobs, stops the running one within a step, and frees the model.</summary>
    /// <exception cref="InvalidOperationException">It is called from a progress callback, inside of the job that it would wait for.</exception>
    public void Dispose() => _queue.Dispose();

    /// <summary>As <see cref="Dispose"/>, without blocking; may be started inside of a progress callback.</summary>
    /// <returns>Completed when the model is freed.</returns>
    public ValueTask DisposeAsync() => _queue.DisposeAsync();

    /// <summary>Where and in which arithmetic a request computes.</summary>
    /// <param name="precision">The request's; null for the host's own.</param>
    /// <exception cref="ModelHostException">The machine does not have what was asked for.</exception>
    internal ComputePlan Compute(Precision? precision) => ComputePlan.Resolve(_options.Device, precision ?? _options.Precision);

    /// <inheritdoc cref="JobQueue.Run"/>
    internal Task<T> Run<T>(Func<CancellationToken, T> job, IProgress<int>? position, CancellationToken cancellationToken) =>
        _queue.Run(job, position, cancellationToken);

    /// <summary>Runs work on the loaded model and waits for it; inside of a job it runs at once.</summary>
    internal T WithModel<T>(Func<LatentDiffusionModel, T> work) => _queue.IsCurrent
        ? work(Load(Compute(null)))
        : Run(_ => work(Load(Compute(null))), null, CancellationToken.None).GetAwaiter().GetResult();

    /// <exception cref="ObjectDisposedException">The host was disposed.</exception>
    internal void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_queue.IsStopped, this);

    /// <summary>The model's weights, loaded and checked; on the engine thread only. Another arithmetic than last time's loads them again.</summary>
    /// <exception cref="ModelHostException">A convolution is computed wrongly on this processor.</exception>
    internal LatentDiffusionModel Load(ComputePlan compute)
    {
        if (_loaded is { } loaded)
        {
            if (loaded.Compute == compute) return loaded.Model;
            Unload();
        }

        var model = Sources is [var source]
            ? LatentDiffusionLoader.Load(source, compute.WeightType, compute.Device)
            : LatentDiffusionLoader.LoadEnsemble(Sources, compute.WeightType, compute.Device);
        try
        {
            HostLoras.Merge(model, _options.Loras, Source);
            SelfCheck(model);
        }
        catch (InvalidOperationException e)
        {
            model.Dispose();
            throw new ModelHostException(e.Message, e);
        }
        catch (IOException)
        {
            model.Dispose();
            throw;
        }

        _loaded = (compute, model);
        return model;
    }

    /// <summary>A style encoder, kept until another is asked for or its files change; on the engine thread only.</summary>
    internal IStyleFeatures StyleEncoder(string folder, ComputePlan compute)
    {
        // A folder keeps its name when the weights in it are replaced.
        var entries = new DirectoryInfo(folder).EnumerateFiles().OrderBy(f => f.FullName, StringComparer.Ordinal);
        var files = string.Join('|', entries.Select(f => $"{f.FullName} {f.Length} {f.LastWriteTimeUtc.Ticks}"));
        if (_style is { } kept && kept.Files == files) return kept.Features;
        _style?.Features.Dispose();
        _style = null;
        var features = ImageEncoders.OpenFeatures(folder, compute.Device);
        _style = (files, features);
        return features;
    }

    internal Task<LayerSensitivity> MeasureLayers(
        ComputePlan compute, IReadOnlyList<StyleExample> examples, SensitivityOptions options, IImageEncoder? styleEncoder, IImageEncoder? contentEncoder,
        IProgress<SensitivityProgress>? progress, CancellationToken cancellationToken)
    {
        LayerRequestCheck.Sensitivity(options);
        RequireUNet();
        return Run(token =>
        {
            var model = Load(compute);
            using var scope = torch.NewDisposeScope();
            var prepared = examples.Select(e => new PreparedExample(ModelPictures.CentralSquare(e.Artwork, model.PictureSize, model.Device).unsqueeze(0),
                e.Content, e.Style)).ToArray();
            return new LayerSensitivityAnalysis(model, options, FusedKernels.For(compute.Device), styleEncoder, contentEncoder).Run(prepared, progress, token);
        }, null, cancellationToken);
    }

    private Task<LayerWatch> Watch(Func<LatentDiffusionModel, LayerWatcher, CancellationToken, LayerWatch> watch, CancellationToken cancellationToken)
    {
        RequireUNet();
        var compute = Compute(null);
        return Run(token =>
        {
            var model = Load(compute);
            using var scope = torch.NewDisposeScope();
            return watch(model, new LayerWatcher(model, FusedKernels.For(compute.Device)), token);
        }, null, cancellationToken);
    }

    private void RequireUNet()
    {
        if (WithoutUNet is { } reason) throw new LayerSelectionException($"The model '{Source.Name}' has no layers that could be measured: {reason}.");
    }

    private void Unload()
    {
        _loaded?.Model.Dispose();
        _loaded = null;
        _style?.Features.Dispose();
        _style = null;
    }
}
