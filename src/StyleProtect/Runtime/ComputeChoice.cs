
namespace StyleProtect.Runtime;

/// <summary>What a protection computes with on this machine.</summary>
/// <param name="Device"><see cref="ComputeDevice.Cpu"/> or <see cref="ComputeDevice.Cuda"/>.</param>
/// <param name="IsBFloat16">Whether the frozen weights are bf16; else they are fp32.</param>
/// <param name="Reason">What was taken and why, in words.</param>
public sealed record ComputeChoice(ComputeDevice Device, bool IsBFloat16, string Reason)
{
    /// <summary>Resolves a device and an arithmetic as a protection does; an explicit choice never falls back.</summary>
    /// <param name="device">The device asked for.</param>
    /// <param name="precision">The arithmetic asked for.</param>
    /// <exception cref="ModelHostException">The machine does not have what was asked for.</exception>
    /// <exception cref="DllNotFoundException">libtorch cannot be loaded.</exception>
    public static ComputeChoice Resolve(ComputeDevice device = ComputeDevice.Auto, Precision precision = Precision.Auto)
    {
        var compute = ComputePlan.Resolve(device, precision);
        return new ComputeChoice(
            compute.Device.type == TorchSharp.DeviceType.CUDA ? ComputeDevice.Cuda : ComputeDevice.Cpu,
            compute.WeightType == TorchSharp.torch.ScalarType.BFloat16, compute.Reason);
    }
}
