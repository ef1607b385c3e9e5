using StyleProtect.Attacks.Mimicry;
using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Protection;
using StyleProtect.Protection.Engine;

namespace StyleProtect.Attacks;

/// <summary>The simulator: one model, one engine thread. Create it once; its first attack loads the weights.</summary>
public sealed class AttackSimulator : IAttackSimulator, IDisposable
{
    private readonly ModelFolder _folder;
    private readonly ComputePlan _plan;
    private readonly EngineThread _engine = new();
    private readonly Lazy<ModelIdentity> _identity;
    private LatentDiffusionModel? _model;
    private int _disposed;

    private AttackSimulator(ModelFolder folder, ComputePlan plan)
    {
        (_folder, _plan) = (folder, plan);
        _identity = new(() => ModelInspector.IdentityOf(folder));
    }

    /// <summary>The model, with the hash of its weights.</summary>
    public ModelIdentity Model => _identity.Value;

    /// <summary>Makes a simulator.</summary>
    /// <param name="options">Model, device and (in <see cref="StyleProtectorOptions.Defaults"/>) precision; null for the embedded model.</param>
    /// <exception cref="ProtectionException">The machine does not have the device or the arithmetic that the options ask for.</exception>
    /// <exception cref="CheckpointException">The model's folder is missing, incomplete, or of an unsupported kind.</exception>
    public static AttackSimulator Create(StyleProtectorOptions? options = null)
    {
        var chosen = options ?? new StyleProtectorOptions();
        var plan = ComputePlan.Resolve(chosen.Device, chosen.Defaults.Precision);
        return new AttackSimulator(LatentDiffusionLoader.Open(chosen.ModelPath), plan);
    }

    /// <inheritdoc/>
    public Task<AttackResult> SimulateAsync(AttackRequest request, IProgress<AttackProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        request.Validate();
        return request.Purifiers.Count == 0 ? Simulate(request, progress, cancellationToken) : PurifyAndSimulate(request, progress, cancellationToken);
    }

    /// <summary>Purifiers run outside of the engine thread: those that need the model queue their own work on it.</summary>
    private async Task<AttackResult> PurifyAndSimulate(AttackRequest request, IProgress<AttackProgress>? progress, CancellationToken cancellationToken)
    {
        var purified = await Task.Run(() => request.Purified(cancellationToken), cancellationToken).ConfigureAwait(false);
        return await Simulate(purified, progress, cancellationToken).ConfigureAwait(false);
    }

    private Task<AttackResult> Simulate(AttackRequest request, IProgress<AttackProgress>? progress, CancellationToken cancellationToken) =>
        _engine.Run(() => new MimicryAttack(Loaded(), () => Model.Sha256).Run(request, progress, cancellationToken), cancellationToken);

    /// <summary>Runs work on the loaded model, on the engine thread.</summary>
    internal Task<T> WithModel<T>(Func<LatentDiffusionModel, T> work, CancellationToken cancellationToken) =>
        _engine.Run(() => work(Loaded()), cancellationToken);

    /// <summary>Waits for the queued attacks and frees the model.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        _engine.Dispose();
        _model?.Dispose();
    }

    private LatentDiffusionModel Loaded() => _model ??= LatentDiffusionLoader.Load(_folder, _plan.WeightType, _plan.Device);
}
