using StyleProtect.Kernels;

namespace StyleProtect.Tests.Kernels;

public sealed class TorchParityTests : KernelParityTests
{
    internal override IFusedKernels Kernels => FusedKernels.Torch;

    // Torch keeps the probabilities in bf16 too.
    protected override double BFloat16Tolerance => 1.0 / 64;

    // Libtorch sums plain squares: it loses digits where the mean is far from zero.
    protected override double NormTolerance => 2e-5;
}
