using StyleProtect.Attacks.Mimicry;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Runtime;

namespace StyleProtect.Attacks;

/// <summary>Simulates mimics with the model of a <see cref="ModelHost"/>. Create it once; its first attack loads the weights.</summary>
public sealed class AttackSimulator : IAttackSimulator, IDisposable, IAsyncDisposable
{
    private readonly bool _ownsHost;
    private int _disposed;

    private AttackSimulator(ModelHost host, bool ownsHost) => (Host, _ownsHost) = (host, ownsHost);

    /// <summary>The host that owns the model.</summary>
    public ModelHost Host { get; }

    /// <summary>The model, with the hash of its weights.</summary>
    public ModelIdentity Model => Host.Model;

    /// <summary>Makes a simulator with a host of its own, which is disposed with it.</summary>
    /// <param name="options">Model, device and precision; null for the embedded model.</param>
    /// <exception cref="AttackException">An option is out of range, or the machine does not have the device or the arithmetic that the options ask
    /// for.</exception>
    /// <exception cref="CheckpointException">The model's folder is missing, incomplete, or of an unsupported kind.</exception>
    public static AttackSimulator Create(ModelHostOptions? options = null)
    {
        try
        {
            return new AttackSimulator(ModelHost.Create(options), ownsHost: true);
        }
        catch (ModelHostException e)
        {
            throw new AttackException(e.Message, e);
        }
    }

    /// <summary>Makes a simulator that shares a host with whoever else uses it. The host is not disposed with it.</summary>
    /// <param name="host">The host.</param>
    public static AttackSimulator For(ModelHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        return new AttackSimulator(host, ownsHost: false);
    }

    /// <inheritdoc/>
    public async Task<AttackResult> SimulateAsync(AttackRequest request, IProgress<AttackProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        Host.ThrowIfDisposed();
        request.Validate();
        if (Host.WithoutUNet is { } reason)
            throw new AttackException($"A mimic trains the U-Net, and the model '{Host.Source.Name}' has none that it could train: {reason}.");
        try
        {
            // Purifiers run outside of the engine thread: those that need the model queue their own work on it.
            var published = request.Purifiers.Count == 0
                ? request : await Task.Run(() => request.Purified(cancellationToken), cancellationToken).ConfigureAwait(false);
            return await Host.Run(token => new MimicryAttack(Host.Load(Host.Compute(null)), () => Model.Sha256).Run(published, progress, token),
                request.QueuePosition, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (ModelHostException e) when (e is not JobQueueFullException)
        {
            throw new AttackException(e.Message, e);
        }
    }

    /// <summary>Frees the model if it is the simulator's own: waiting attacks are cancelled, the running one stops within a step.</summary>
    /// <exception cref="InvalidOperationException">It is called from a progress callback, inside of the attack that it would wait for.</exception>
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
}
