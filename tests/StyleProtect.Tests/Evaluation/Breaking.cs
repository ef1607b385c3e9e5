using StyleProtect.Attacks;

namespace StyleProtect.Tests.Evaluation;

/// <summary>Passes attacks on, counts them, and breaks off in place of one.</summary>
internal sealed class Breaking(IAttackSimulator inner, int at = int.MaxValue, Func<Exception>? failure = null) : IAttackSimulator
{
    internal int Calls { get; private set; }

    public ModelIdentity? Model => inner.Model;

    public Task<AttackResult> SimulateAsync(AttackRequest request, IProgress<AttackProgress>? progress = null, CancellationToken cancellationToken = default) =>
        ++Calls == at ? throw failure?.Invoke()
        ?? new OperationCanceledException("as if by Ctrl+C") : inner.SimulateAsync(request, progress, cancellationToken);
}
