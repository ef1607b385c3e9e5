using StyleProtect.Native;
using static TorchSharp.torch;

namespace StyleProtect.Runtime;

/// <summary>Where and in which arithmetic a protection computes, and why.</summary>
/// <param name="Device">The device.</param>
/// <param name="WeightType">Element type of the frozen weights.</param>
/// <param name="Reason">In words, for the user's report.</param>
internal sealed record ComputePlan(Device Device, ScalarType WeightType, string Reason)
{
    /// <summary>Resolves what was asked for; never falls back from an explicit choice.</summary>
    /// <exception cref="ModelHostException">The machine does not have what was asked for.</exception>
    internal static ComputePlan Resolve(ComputeDevice device, Precision precision)
    {
        TorchRuntime.EnsureLoaded();
        var hasCuda = cuda.is_available();
        if (device == ComputeDevice.Cuda && !hasCuda)
            throw new ModelHostException(
                "A CUDA device was asked for and libtorch has none. Reference TorchSharp-cuda-linux instead of TorchSharp-cpu and check the driver with " +
                "`styleprotect doctor`, or choose the CPU.");
        if (device != ComputeDevice.Cpu && hasCuda)
        {
            var half = precision != Precision.Float32;
            return new ComputePlan(CUDA, half ? ScalarType.BFloat16 : ScalarType.Float32, half ? "cuda, bf16 weights" : "cuda, fp32 weights");
        }

        var why = device == ComputeDevice.Cpu ? "cpu" : "cpu (libtorch has no CUDA device)";
        return precision switch
        {
            Precision.Float32 => new ComputePlan(CPU, ScalarType.Float32, $"{why}, fp32 weights"),
            Precision.BFloat16 when !ProcessorFeatures.HasFastBFloat16 => throw new ModelHostException(
                "bf16 was asked for and this processor does not compute it in hardware (neither AVX512-BF16 nor AMX). Use --precision auto or float32."),
            _ when ProcessorFeatures.HasFastBFloat16 => new ComputePlan(CPU, ScalarType.BFloat16, $"{why}, bf16 weights: the processor has bf16 instructions"),
            _ => new ComputePlan(CPU, ScalarType.Float32, $"{why}, fp32 weights: the processor has no bf16 instructions"),
        };
    }
}
