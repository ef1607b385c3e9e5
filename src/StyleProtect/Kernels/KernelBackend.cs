namespace StyleProtect.Kernels;

/// <summary>What computes the fused operations.</summary>
internal enum KernelBackend
{
    /// <summary>Plain torch expressions on whatever device the tensors are: the reference that the others are tested against.</summary>
    Torch,

    /// <summary>Managed SIMD code on the CPU.</summary>
    Managed,

    /// <summary>The native library's CUDA kernels.</summary>
    Cuda,
}
