using StyleProtect.Protection;

namespace StyleProtect.Tests.Protection;

/// <summary>Takes reports on the engine's own thread, so that none is late (<see cref="Progress{T}"/> posts them).</summary>
internal sealed class ProgressList(Action<ProtectionProgress>? also = null) : IProgress<ProtectionProgress>
{
    internal List<ProtectionProgress> Reports { get; } = [];

    public void Report(ProtectionProgress value)
    {
        Reports.Add(value);
        also?.Invoke(value);
    }
}
