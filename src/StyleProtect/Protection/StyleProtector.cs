using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Models;
using StyleProtect.Kernels;
using StyleProtect.Layers;
using StyleProtect.Protection.Engine;
using StyleProtect.Protection.Methods;

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
    private (ComputePlan Plan, LatentDiffusionModel Model)? _loaded;
    private int _disposed;

    private StyleProtector(StyleProtectorOptions options, ModelFolder folder)
    {
        _options = options;
        _folder = folder;
        _identity = new(() => new ModelIdentity(new DirectoryInfo(folder.Root).Name, folder.Root, ModelHash.Of(LatentDiffusionLoader.WeightsFiles(folder))));
        _layers = new(() =>
        {
            using var unet = LatentDiffusionLoader.UNetShapes(folder);
            return unet.Catalog();
        });
    }

    /// <summary>The model, with the hash of its weights.</summary>
    public ModelIdentity Model => _identity.Value;

    /// <summary>The model's cross-attention layers.</summary>
    public LayerCatalog Layers => _layers.Value;

    /// <summary>Makes a protector with the embedded model and default settings.</summary>
    /// <inheritdoc cref="Create(StyleProtectorOptions)" path="/exception"/>
    public static StyleProtector Create() => Create(new StyleProtectorOptions());

    /// <summary>Makes a protector. Opens the model's folder and checks it; weights are read with the first job.</summary>
    /// <param name="options">Model, device, default settings.</param>
    /// <exception cref="CheckpointException">The model's folder is missing, incomplete, of an unsupported kind, or only there as pickles.</exception>
    /// <exception cref="DllNotFoundException">libtorch cannot be loaded.</exception>
    public static StyleProtector Create(StyleProtectorOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Native.TorchRuntime.EnsureLoaded();
        // A copy: later changes of the caller's object must not reach a running protector.
        var copy = new StyleProtectorOptions { ModelPath = options.ModelPath, Device = options.Device, Defaults = options.Defaults };
        return new StyleProtector(copy, LatentDiffusionLoader.Open(copy.ModelPath));
    }

    /// <inheritdoc/>
    public async Task<ProtectionResult> ProtectAsync(ProtectionRequest request, IProgress<ProtectionProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        if (request.Artworks is not { Count: > 0 }) throw new ProtectionException("The request has no picture.");
        foreach (var artwork in request.Artworks)
        {
            if (Math.Min(artwork.Width, artwork.Height) < SmallestSide)
                throw new ProtectionException($"The picture{(artwork.SourcePath is { } p ? $" '{p}'" : "")} has {artwork.Width} × {artwork.Height} pixels; each side needs at least {SmallestSide}.");
        }

        var options = request.Options ?? _options.Defaults;
        var recipe = Recipe.Of(options.Method);
        var settings = ResolvedSettings.From(options, recipe);
        var plan = ComputePlan.Resolve(_options.Device, options.Precision);
        var selection = await Select(options.Layers ?? recipe.DefaultLayers, cancellationToken).ConfigureAwait(false);
        return await _engine.Run(() =>
        {
            var model = Load(plan);
            var outcome = new ProtectionJob(model, recipe, settings, KernelsFor(plan)).Run(request.Artworks, selection, progress, cancellationToken);
            return Result(options, settings, selection, plan, outcome);
        }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits for the queued jobs and frees the model.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        _engine.Dispose();
        _loaded?.Model.Dispose();
    }

    private async ValueTask<LayerSelection> Select(ILayerSelector selector, CancellationToken cancellationToken)
    {
        try
        {
            return await selector.SelectAsync(new LayerSelectionContext(Layers), cancellationToken).ConfigureAwait(false);
        }
        catch (LayerSelectionException e)
        {
            throw new ProtectionException(e.Message, e);
        }
    }

    private LatentDiffusionModel Load(ComputePlan plan)
    {
        if (_loaded is { } loaded)
        {
            if (loaded.Plan == plan) return loaded.Model;
            loaded.Model.Dispose();
            _loaded = null;
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

    private static IFusedKernels KernelsFor(ComputePlan plan) =>
        plan.Device.type == TorchSharp.DeviceType.CPU ? FusedKernels.Managed : FusedKernels.Reference;

    private ProtectionResult Result(ProtectionOptions options, ResolvedSettings settings, LayerSelection selection, ComputePlan plan, ProtectionOutcome outcome) => new()
    {
        Artworks = outcome.Artworks,
        Options = options with { Steps = settings.Steps, StepSize = settings.StepSize, Prompt = settings.Prompt },
        Steps = settings.Steps,
        StepSize = settings.StepSize,
        Prompt = settings.Prompt,
        Layers = [.. selection.Layers.Select(l => l.Name)],
        TrainedParameters = outcome.TrainedParameters,
        Model = Model,
        Device = plan.Reason,
        LossBefore = outcome.LossBefore,
        LossAfter = outcome.LossAfter,
        LossCurve = outcome.LossCurve,
        Duration = outcome.Duration,
        StepSeconds = outcome.StepSeconds,
    };
}
