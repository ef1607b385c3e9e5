namespace StyleProtect.Protection.Benchmarking;

/// <summary>How a step is timed.</summary>
internal sealed record StepBenchmarkOptions
{
    /// <summary>Views in a step's batch, 1 to 64.</summary>
    /// <value>The default is 4.</value>
    public int Views { get; init; } = 4;

    /// <summary>Side of a view in pixels, a multiple of 64; null takes the model's own size.</summary>
    public int? ViewSize { get; init; }

    /// <summary>Steps of each form that are timed, in turn, after two that are not; 1 to 1,000.</summary>
    /// <value>The default is 9.</value>
    public int Rounds { get; init; } = 9;

    internal void Validate()
    {
        if (Views is < 1 or > 64) throw new ProtectionException($"The number of views must be 1 to 64, not {Views}.");
        if (ViewSize is { } size && (size is < 64 or > 4096 || size % 64 != 0))
            throw new ProtectionException($"The side of a view must be a multiple of 64 from 64 to 4096, not {size}.");
        if (Rounds is < 1 or > 1000) throw new ProtectionException($"The number of rounds must be 1 to 1000, not {Rounds}.");
    }
}
