using StyleProtect.Kernels.Cuda;
using StyleProtect.Kernels.Managed;
using StyleProtect.Kernels.Torch;
using StyleProtect.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace StyleProtect.Kernels;

/// <summary>The implementations of the fused operations, and which one belongs to a device.</summary>
internal static class FusedKernels
{
    private static readonly Lazy<IFusedKernels> s_managed = new(() => new ManagedKernels());
    private static readonly Lazy<IFusedKernels> s_cuda = new(() => new CudaKernels(new TorchDeviceTensors()), LazyThreadSafetyMode.PublicationOnly);

    /// <summary>Torch expressions; they work on every device and are the measure for the others.</summary>
    internal static IFusedKernels Torch { get; } = new TorchKernels();

    /// <summary>Managed SIMD code for tensors on the CPU.</summary>
    internal static IFusedKernels Managed => s_managed.Value;

    /// <summary>CUDA kernels for tensors on the GPU.</summary>
    /// <exception cref="NativeException">They cannot run; the message says why.</exception>
    internal static IFusedKernels Cuda => s_cuda.Value;

    /// <summary>
    /// The implementation for tensors of a device: managed on the CPU; on a GPU the CUDA kernels, or, where the native library is not installed,
    /// torch's own operations on that same GPU (never the CPU). Report <see cref="IFusedKernels.Description"/>: it says which was taken and why.
    /// </summary>
    internal static IFusedKernels For(Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return device.type switch
        {
            DeviceType.CPU => Managed,
            DeviceType.CUDA when NativeRuntime.Status.IsReady => Cuda,
            DeviceType.CUDA => new TorchKernels($"torch expressions on the GPU, because the CUDA kernels cannot run: {NativeRuntime.Status.Reason}"),
            _ => new TorchKernels($"torch expressions: there are no fused kernels for {device.type}"),
        };
    }
}
