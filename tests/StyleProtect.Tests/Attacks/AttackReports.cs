using StyleProtect.Attacks;

namespace StyleProtect.Tests.Attacks;

/// <summary>Takes reports on the engine's own thread, so that none is late.</summary>
internal sealed class AttackReports(Action<AttackProgress>? also = null) : IProgress<AttackProgress>
{
    internal List<AttackProgress> All { get; } = [];

    public void Report(AttackProgress value)
    {
        All.Add(value);
        also?.Invoke(value);
    }
}
