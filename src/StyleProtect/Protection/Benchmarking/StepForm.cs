namespace StyleProtect.Protection.Benchmarking;

/// <summary>In which form a step is timed.</summary>
internal enum StepForm
{
    /// <summary>As the engine takes it.</summary>
    Fast,

    /// <summary>As the official script takes it: channels first, libtorch's own operations, one backward pass; weights frozen but K and V.</summary>
    PlainFrozen,

    /// <summary>The same with all weights requiring gradients.</summary>
    Plain,
}
