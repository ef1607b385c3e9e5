using StyleProtect.Kernels;

namespace StyleProtect.Tests.Kernels;

public sealed class ManagedParityTests : KernelParityTests
{
    internal override IFusedKernels Kernels => FusedKernels.Managed;
}
