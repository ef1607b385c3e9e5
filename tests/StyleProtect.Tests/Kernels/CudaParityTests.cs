using StyleProtect.Kernels;
using StyleProtect.Kernels.Cuda;
using StyleProtect.Native;
using Xunit;

namespace StyleProtect.Tests.Kernels;

/// <summary>
/// The CUDA kernels, through P/Invoke, native library, driver, module load and launch. Runs on a GPU, or on an interpreter named in STYLEPROTECT_CUDA_DRIVER;
/// elsewhere it is skipped with the reason.
/// </summary>
public sealed class CudaParityTests : KernelParityTests
{
    private readonly CudaKernels _kernels;

    public CudaParityTests()
    {
        Assert.SkipUnless(NativeRuntime.Status.IsReady, $"The CUDA kernels cannot run here: {NativeRuntime.Status.Reason}");
        _kernels = new CudaKernels(new StagedDeviceTensors());
    }

    internal override IFusedKernels Kernels => _kernels;
}
