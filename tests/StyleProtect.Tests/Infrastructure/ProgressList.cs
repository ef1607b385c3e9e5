namespace StyleProtect.Tests.Infrastructure;

/// <summary>Takes reports on the engine's own thread, so that none is late (<see cref="Progress{T}"/> posts them).</summary>
internal sealed class ProgressList<T>(Action<T>? also = null) : IProgress<T>
{
    internal List<T> Reports { get; } = [];

    public void Report(T value)
    {
        Reports.Add(value);
        also?.Invoke(value);
    }
}
