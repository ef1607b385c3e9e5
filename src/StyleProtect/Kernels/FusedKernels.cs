using StyleProtect.Kernels.Managed;
using StyleProtect.Kernels.Reference;

namespace StyleProtect.Kernels;

/// <summary>The implementations of the fused operations, and which one belongs to a device.</summary>
internal static class FusedKernels
{
    private static readonly Lazy<IFusedKernels> s_managed = new(() => new ManagedKernels());

    /// <summary>Torch expressions; they work on every device and are the measure for the others.</summary>
    internal static IFusedKernels Reference { get; } = new ReferenceKernels();

    /// <summary>Managed SIMD code for tensors on the CPU.</summary>
    internal static IFusedKernels Managed => s_managed.Value;
}
