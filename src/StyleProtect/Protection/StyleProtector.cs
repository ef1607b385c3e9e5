using StyleProtect.Artworks;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Kernels;
using StyleProtect.Layers;
using StyleProtect.Protection.Engine;
using StyleProtect.Runtime;

namespace StyleProtect.Protection;

/// <summary>Protects artworks with the model of a <see cref="ModelHost"/>. Create it once and keep it; the first job loads the weights.</summary>
public sealed class StyleProtector : IStyleProtector, IDisposable, IAsyncDisposable
{
    /// <summary>The smallest side of a picture that can be protected, in pixels.</summary>
    public const int SmallestSide = 32;

    private readonly ProtectionOptions _defaults;
    private readonly bool _ownsHost;
    private int _disposed;

    private StyleProtector(ModelHost host, ProtectionOptions defaults, bool ownsHost) => (Host, _defaults, _ownsHost) = (host, defaults, ownsHost);

    /// <summary>The host that owns the model.</summary>
    public ModelHost Host { get; }

    /// <summary>The model, with the hash of its weights.</summary>
    public ModelIdentity Model => Host.Model;

    /// <summary>The model's attention layers.</summary>
    public LayerCatalog Layers => Host.Layers;

    /// <summary>Makes a protector with the embedded model and default settings.</summary>
    /// <inheritdoc cref="Create(StyleProtectorOptions)" path="/exception"/>
    public static StyleProtector Create() => Create(new StyleProtectorOptions());

    /// <summary>Makes a protector with a host of its own, which is disposed with it.</summary>
    /// <param name="options">Model, device, queue and default settings.</param>
    /// <exception cref="ProtectionException">An option is out of range, or the machine does not have the device or the arithmetic that the options ask
    /// for.</exception>
    /// <exception cref="CheckpointException">The model is missing, incomplete, of an unsupported kind, or only there as pickles.</exception>
    /// <exception cref="DllNotFoundException">libtorch cannot be loaded.</exception>
    public static StyleProtector Create(StyleProtectorOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        try
        {
            return new StyleProtector(ModelHost.Create(options), options.Defaults ?? new ProtectionOptions(), ownsHost: true);
        }
        catch (ModelHostException e)
        {
            throw new ProtectionException(e.Message, e);
        }
    }

    /// <summary>Makes a protector that shares a host with whoever else uses it. The host is not disposed with it.</summary>
    /// <param name="host">The host.</param>
    /// <param name="defaults">Settings of requests that bring none; null for the defaults of <see cref="ProtectionOptions"/>.</param>
    public static StyleProtector For(ModelHost host, ProtectionOptions? defaults = null)
    {
        ArgumentNullException.ThrowIfNull(host);
        return new StyleProtector(host, defaults ?? new ProtectionOptions(), ownsHost: false);
    }

    /// <inheritdoc/>
    public async Task<ProtectionResult> ProtectAsync(ProtectionRequest request, IProgress<ProtectionProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        Host.ThrowIfDisposed();
        // A copy: the caller's list may change while the job is queued.
        IReadOnlyList<Artwork> artworks = [.. request.Artworks ?? []];
        var asked = (request.Options ?? _defaults).For(Host.Sources);
        try
        {
            return await Protect(request, artworks, asked, progress, cancellationToken).ConfigureAwait(false);
        }
        catch (ModelHostException e) when (e is not JobQueueFullException)
        {
            throw new ProtectionException(e.Message, e);
        }
        catch (LayerSelectionException e)
        {
            throw new ProtectionException(e.Message, e);
        }
    }

    /// <summary>Frees the model if it is the protector's own: waiting jobs are cancelled, the running one stops within a step.</summary>
    /// <exception cref="InvalidOperationException">It is called from a progress callback, inside of the job that it would wait for.</exception>
    public void Dispose()
    {
        if (_ownsHost) Host.Dispose();
        Interlocked.Exchange(ref _disposed, 1);
    }

    /// <summary>As <see cref="Dispose"/>, without blocking.</summary>
    public ValueTask DisposeAsync()
    {
        Interlocked.Exchange(ref _disposed, 1);
        return _ownsHost ? Host.DisposeAsync() : ValueTask.CompletedTask;
    }

    private async Task<ProtectionResult> Protect(
        ProtectionRequest request, IReadOnlyList<Artwork> artworks, ProtectionOptions asked, IProgress<ProtectionProgress>? progress,
        CancellationToken cancellationToken)
    {
        var method = asked.Method;
        var settings = ResolvedSettings.From(asked);
        RequestCheck.Model(method, Host.Source, Host.WithoutUNet);
        var side = RequestCheck.Resolution(settings.Resolution, Host.Footprint);
        RequestCheck.Pictures(artworks, settings, IFraming.Of(settings.OfficialScript, side));
        var styleFolder = method.NeedsStyleEncoder ? RequestCheck.StyleEncoder(asked.StyleEncoder, Host.ModelPath) : null;
        var compute = Host.Compute(asked.Precision);
        var prompt = asked.Prompt ?? Host.Source.DefaultPrompt;
        // Without steps nothing is trained, whatever was chosen.
        var selector = method.TakesLayers ? asked.Layers ?? LayerSelectors.Parse(method.DefaultLayers) : LayerSelectors.None;
        var layers = new LayerSelectionContext(Layers) { Meter = new RequestMeter(Host, compute, artworks, prompt) };
        var selection = RequestCheck.Selection(await selector.SelectAsync(layers, cancellationToken).ConfigureAwait(false), Layers, selector);
        return await Host.Run(token =>
        {
            // Here, not before: what another job held is free again.
            var memory = MemoryPlan.Of(Host.Footprint, compute, asked, selection.Layers, [.. artworks.Select(a => (a.Width, a.Height))], styleFolder);
            var model = Host.Load(compute);
            RequestCheck.Decoders(method, model);
            var style = styleFolder is null ? null : Host.StyleEncoder(styleFolder, compute);
            var kernels = FusedKernels.For(compute.Device);
            var outcome = new ProtectionJob(model, asked, prompt, kernels, memory.Partition, style).Run(artworks, selection, progress, token);
            return new ProtectionResult
            {
                Artworks = outcome.Artworks,
                Options = settings.AsOptions(asked)
                with
                { Prompt = prompt, Precision = asked.Precision ?? Host.Precision, Resolution = memory.Resolution, MemoryLimit = memory.Limit },
                Memory = memory,
                Steps = settings.Steps,
                StepSize = settings.StepSize,
                Prompt = prompt,
                Layers = [.. selection.Layers.Select(l => l.Name)],
                TrainedParameters = outcome.TrainedParameters,
                Model = Model,
                ModelNotes = [.. Host.Notes, .. RequestCheck.MethodNote(request.Options ?? _defaults, asked)],
                Device = $"{compute.Reason}; {kernels.Description}",
                LossBefore = outcome.LossBefore,
                LossAfter = outcome.LossAfter,
                LossCurve = outcome.LossCurve,
                Duration = outcome.Duration,
                StepSeconds = outcome.StepSeconds,
            };
        }, request.QueuePosition, cancellationToken).ConfigureAwait(false);
    }
}
