using System.Runtime.Intrinsics;
using StyleProtect.Kernels;
using StyleProtect.Kernels.Managed;

namespace StyleProtect.Tests.Kernels;

/// <summary>The code that runs on a processor without 512-bit vectors, also where there are some.</summary>
public sealed class Managed256ParityTests : KernelParityTests
{
    internal override IFusedKernels Kernels { get; } = new VectorKernels<Vector256<float>, Simd256>();
}
