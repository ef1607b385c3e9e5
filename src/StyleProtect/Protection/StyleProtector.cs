using StyleProtect.Artworks;
using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Models;
using StyleProtect.Kernels;
using StyleProtect.Layers;
using StyleProtect.Layers.Analysis;
using StyleProtect.Perception;
using StyleProtect.Protection.Engine;
using StyleProtect.Protection.Memory;
using StyleProtect.Protection.Methods;
using TorchSharp;

namespace StyleProtect.Protection;

/// <summary>The protector: one model, one engine thread. Create it once and keep it; its first job loads the weights.</summary>
public sealed class StyleProtector : IStyleProtector, IDisposable
{
    /// <summary>The smallest side of a picture that can be protected, in pixels.</summary>
    public const int SmallestSide = 32;

    private readonly StyleProtectorOptions _options;
    private readonly ModelFolder _folder;
    private readonly EngineThread _engine = new();
    private readonly Lazy<ModelIdentity> _identity;
    private readonly Lazy<LayerCatalog> _layers;
    private readonly Lazy<ModelFootprint> _footprint;
    private (ComputePlan Plan, LatentDiffusionModel Model)? _loaded;
    private (string Files, IStyleFeatures Features)? _style;
    private int _disposed;

    private StyleProtector(StyleProtectorOptions options, ModelFolder folder)
    {
        _options = options;
        _folder = folder;
        _identity = new(() => ModelInspector.IdentityOf(folder));
        _layers = new(() => ModelInspector.LayersOf(folder));
        _footprint = new(() => ModelFootprint.Of(folder));
    }

    /// <summary>The model, with the hash of its weights.</summary>
    public ModelIdentity Model => _identity.Value;

    /// <summary>The model's attention layers.</summary>
    public LayerCatalog Layers => _layers.Value;

    /// <summary>Makes a protector with the embedded model and default settings.</summary>
    /// <inheritdoc cref="Create(StyleProtectorOptions)" path="/exception"/>
    public static StyleProtector Create() => Create(new StyleProtectorOptions());

    /// <summary>Makes a protector. Checks the device and the model's folder; weights are read with the first job.</summary>
    /// <param name="options">Model, device, default settings.</param>
    /// <exception cref="ProtectionException">The machine does not have the device or the arithmetic that the options ask for.</exception>
    /// <exception cref="CheckpointException">The model's folder is missing, incomplete, of an unsupported kind, or only there as pickles.</exception>
    /// <exception cref="DllNotFoundException">libtorch cannot be loaded.</exception>
    public static StyleProtector Create(StyleProtectorOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        // A copy: later changes of the caller's object must not reach a running protector.
        var copy = new StyleProtectorOptions { ModelPath = options.ModelPath, Device = options.Device, Defaults = options.Defaults };
        ComputePlan.Resolve(copy.Device, copy.Defaults.Precision);
        return new StyleProtector(copy, LatentDiffusionLoader.Open(copy.ModelPath));
    }

    /// <inheritdoc/>
    public async Task<ProtectionResult> ProtectAsync(ProtectionRequest request, IProgress<ProtectionProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        // A copy: the caller's list may change while the job is queued.
        IReadOnlyList<Artwork> artworks = [.. request.Artworks ?? []];
        var options = request.Options ?? _options.Defaults;
        var recipe = Recipe.Of(options.Method);
        var settings = ResolvedSettings.From(options, recipe);
        RequestCheck.Pictures(artworks, settings);
        RequestCheck.Resolution(settings.Resolution, _footprint.Value);
        var styleFolder = recipe.NeedsStyleEncoder ? RequestCheck.StyleEncoder(options.StyleEncoder, _options.ModelPath) : null;
        var plan = ComputePlan.Resolve(_options.Device, options.Precision);
        SensitivityMeasurement measure = (examples, how, token) => Measure(plan, examples, how, null, null, null, token);
        // Without steps nothing is trained, whatever was chosen.
        var selection = await Select(recipe.TakesLayers ? options.Layers ?? recipe.DefaultLayers : LayerSelectors.None, new RequestMeter(artworks, settings.Prompt, measure), cancellationToken).ConfigureAwait(false);
        return await _engine.Run(() =>
        {
            // Here, not before: what another job held is free again.
            var memory = MemoryPlan.Of(_footprint.Value, plan, recipe, settings, _footprint.Value.Trained(recipe, selection.Layers), [.. artworks.Select(a => (a.Width, a.Height))], styleFolder is null ? 0 : MemoryPlan.StyleBytes(styleFolder));
            var model = Load(plan);
            var outcome = new ProtectionJob(model, recipe, settings, FusedKernels.For(plan.Device), memory.Step, styleFolder is null ? null : Style(styleFolder, plan)).Run(artworks, selection, progress, cancellationToken);
            return Result(options, recipe, settings, selection, plan, outcome, memory);
        }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Measures how much style each cross-attention layer carries, on pictures whose content and style are known.</summary>
    /// <param name="examples">Pictures of at least two styles, better of several contents each.</param>
    /// <param name="options">How thoroughly; null for the defaults.</param>
    /// <param name="styleEncoder">For the similarity measures, which are skipped without it; on the engine's device.</param>
    /// <param name="contentEncoder">Compared with it; null takes the model's own embedding of the content words.</param>
    /// <param name="progress">Told after every pass, on the engine's thread.</param>
    /// <param name="cancellationToken">Stops between two passes.</param>
    /// <exception cref="LayerSelectionException">The model, the words or the pictures cannot be measured; the message says why.</exception>
    public Task<LayerSensitivity> MeasureLayersAsync(
        IReadOnlyList<StyleExample> examples, SensitivityOptions? options = null, IImageEncoder? styleEncoder = null, IImageEncoder? contentEncoder = null,
        IProgress<SensitivityProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(examples);
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        return Measure(ComputePlan.Resolve(_options.Device, _options.Defaults.Precision), [.. examples], options ?? new SensitivityOptions(), styleEncoder, contentEncoder, progress, cancellationToken);
    }

    /// <summary>Watches the cross-attention layers while the U-Net looks at a real picture, noised to timesteps. Without a watch the layers cost nothing.</summary>
    /// <param name="artwork">The picture; its largest central square is looked at, at the model's size.</param>
    /// <param name="prompt">Conditions the U-Net.</param>
    /// <param name="timesteps">A pass for each, 0 (clean) to 999 (noise) in Stable Diffusion.</param>
    /// <param name="seed">Of the noise.</param>
    /// <param name="mapSide">Side of the token masses' maps in regions, 1 to 64; 0 for none.</param>
    /// <param name="cancellationToken">Stops between two passes.</param>
    /// <exception cref="LayerSelectionException">A number is out of range; the message names it.</exception>
    public Task<LayerWatch> WatchLayersAsync(
        Artwork artwork, string prompt, IReadOnlyList<int> timesteps, int seed = 42, int mapSide = 0, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(artwork);
        ArgumentNullException.ThrowIfNull(prompt);
        ArgumentNullException.ThrowIfNull(timesteps);
        RequestCheck.Watch(seed, mapSide);
        int[] copy = [.. timesteps];
        return Watch((model, watcher) => watcher.Picture(LossProbe.Central(model, artwork, model.PictureSize).unsqueeze(0), prompt, copy, seed, mapSide, cancellationToken), cancellationToken);
    }

    /// <summary>Watches the cross-attention layers while a picture is sampled from a prompt (DDIM).</summary>
    /// <param name="prompt">What is sampled; only its half of a guided pass is watched.</param>
    /// <param name="steps">Sampling steps, 1 to 1000.</param>
    /// <param name="guidance">Scale of classifier-free guidance; 1 for none.</param>
    /// <param name="seed">Of the noise; the picture is the same as without a watch.</param>
    /// <param name="mapSide">Side of the token masses' maps in regions, 1 to 64; 0 for none.</param>
    /// <param name="cancellationToken">Stops between two steps.</param>
    /// <exception cref="LayerSelectionException">A number is out of range; the message names it.</exception>
    public Task<LayerWatch> WatchSamplingAsync(
        string prompt, int steps = 30, double guidance = 7.5, int seed = 42, int mapSide = 0, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        RequestCheck.Watch(seed, mapSide);
        RequestCheck.Sampling(steps, guidance);
        return Watch((_, watcher) => watcher.Sampling(prompt, steps, guidance, seed, mapSide, cancellationToken), cancellationToken);
    }

    /// <summary>Waits for the queued jobs and frees the model.</summary>
    /// <exception cref="InvalidOperationException">It is called from a progress callback, inside of the job that it would wait for.</exception>
    public void Dispose()
    {
        if (_engine.IsCurrent) throw new InvalidOperationException("A protector cannot be disposed inside of its own progress callback: it would wait for itself. Cancel the job and dispose afterwards.");
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        _engine.Dispose();
        _loaded?.Model.Dispose();
        _style?.Features.Dispose();
    }

    private async ValueTask<LayerSelection> Select(ILayerSelector selector, ISensitivityMeter meter, CancellationToken cancellationToken)
    {
        try
        {
            return RequestCheck.Selection(await selector.SelectAsync(new LayerSelectionContext(Layers) { Meter = meter }, cancellationToken).ConfigureAwait(false), Layers, selector);
        }
        catch (LayerSelectionException e)
        {
            throw new ProtectionException(e.Message, e);
        }
    }

    private Task<LayerSensitivity> Measure(
        ComputePlan plan, IReadOnlyList<StyleExample> examples, SensitivityOptions options, IImageEncoder? styleEncoder, IImageEncoder? contentEncoder,
        IProgress<SensitivityProgress>? progress, CancellationToken cancellationToken)
    {
        RequestCheck.Sensitivity(options);
        return _engine.Run(() =>
        {
            var model = Load(plan);
            using var scope = torch.NewDisposeScope();
            var prepared = examples.Select(e => new PreparedExample(LossProbe.Central(model, e.Artwork, model.PictureSize).unsqueeze(0), e.Content, e.Style)).ToArray();
            return new LayerSensitivityAnalysis(model, options, FusedKernels.For(plan.Device), styleEncoder, contentEncoder).Run(prepared, progress, cancellationToken);
        }, cancellationToken);
    }

    private Task<LayerWatch> Watch(Func<LatentDiffusionModel, LayerWatcher, LayerWatch> watch, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        var plan = ComputePlan.Resolve(_options.Device, _options.Defaults.Precision);
        return _engine.Run(() =>
        {
            var model = Load(plan);
            using var scope = torch.NewDisposeScope();
            return watch(model, new LayerWatcher(model, FusedKernels.For(plan.Device)));
        }, cancellationToken);
    }

    private LatentDiffusionModel Load(ComputePlan plan)
    {
        if (_loaded is { } loaded)
        {
            if (loaded.Plan == plan) return loaded.Model;
            loaded.Model.Dispose();
            _loaded = null;
            _style?.Features.Dispose();
            _style = null;
        }

        var model = LatentDiffusionLoader.Load(_folder, plan.WeightType, plan.Device);
        try
        {
            ConvolutionSelfCheck.Require(model);
        }
        catch (InvalidOperationException e)
        {
            model.Dispose();
            throw new ProtectionException(e.Message, e);
        }

        _loaded = (plan, model);
        return model;
    }

    private IStyleFeatures Style(string folder, ComputePlan plan)
    {
        // A folder keeps its name when the weights in it are replaced.
        var files = string.Join('|', new DirectoryInfo(folder).EnumerateFiles().OrderBy(f => f.FullName, StringComparer.Ordinal).Select(f => $"{f.FullName} {f.Length} {f.LastWriteTimeUtc.Ticks}"));
        if (_style is { } kept && kept.Files == files) return kept.Features;
        _style?.Features.Dispose();
        _style = null;
        var features = ImageEncoders.OpenFeatures(folder, plan.Device);
        _style = (files, features);
        return features;
    }

    private ProtectionResult Result(ProtectionOptions options, Recipe recipe, ResolvedSettings settings, LayerSelection selection, ComputePlan plan, ProtectionOutcome outcome, MemoryPlan memory) => new()
    {
        Artworks = outcome.Artworks,
        // As used, and usable again: a step size would switch the recipe's decay off, and the random control takes no steps.
        Options = options with { Epsilon = settings.Epsilon, Steps = settings.Steps > 0 ? settings.Steps : null, Draws = settings.Steps > 0 ? settings.Draws : null, StepSize = settings.Steps > 0 && settings.Decay == 0 ? settings.StepSize : null, Prompt = settings.Prompt, LearningRate = recipe.Trains ? settings.LearningRate : null, SurrogateSteps = settings.SurrogateSteps > 0 ? settings.SurrogateSteps : null, Resolution = memory.Resolution, MemoryLimit = memory.Limit },
        Memory = memory,
        Steps = settings.Steps,
        StepSize = settings.StepSize,
        Prompt = settings.Prompt,
        Layers = [.. selection.Layers.Select(l => l.Name)],
        TrainedParameters = outcome.TrainedParameters,
        Model = Model,
        Device = $"{plan.Reason}; {FusedKernels.For(plan.Device).Description}",
        LossBefore = outcome.LossBefore,
        LossAfter = outcome.LossAfter,
        LossCurve = outcome.LossCurve,
        Duration = outcome.Duration,
        StepSeconds = outcome.StepSeconds,
    };
}
