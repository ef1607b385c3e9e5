namespace StyleProtect.Runtime;

/// <summary>Where to compute.</summary>
public enum ComputeDevice
{
    /// <summary>A CUDA device when libtorch has one, else the CPU; the result says which was taken and why.</summary>
    Auto,

    /// <summary>The CPU.</summary>
    Cpu,

    /// <summary>The first CUDA device; an error when there is none. Never falls back.</summary>
    Cuda,
}
