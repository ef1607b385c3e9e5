namespace StyleProtect.Native;

/// <summary>What a CUDA driver says about itself and its first device.</summary>
internal sealed record CudaDriverInfo
{
    /// <summary>Path or name it was loaded by; null when it could not be loaded.</summary>
    internal string? Path { get; init; }

    internal Version? Version { get; init; }

    internal int DeviceCount { get; init; }

    internal string? DeviceName { get; init; }

    internal Version? ComputeCapability { get; init; }

    /// <summary>Why no device can be used, or null when one can.</summary>
    internal string? Failure { get; init; }
}
