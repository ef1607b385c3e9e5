using StyleProtect.Kernels;
using StyleProtect.Tests.Infrastructure;
using Xunit;

namespace StyleProtect.Tests.Kernels;

public sealed class ManagedParityTests : KernelParityTests
{
    internal override IFusedKernels Kernels => FusedKernels.Managed;
}
