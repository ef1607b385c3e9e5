using StyleProtect.Native;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Runtime;

public sealed class ComputePlanTests
{
    public static bool HasCuda => cuda.is_available();

    public static bool HasFastBFloat16 => ProcessorFeatures.HasFastBFloat16;

    [Fact]
    public void Reference_is_fp32()
    {
        var plan = ComputePlan.Resolve(ComputeDevice.Cpu, Precision.Float32);
        Assert.Equal((TorchSharp.DeviceType.CPU, ScalarType.Float32), (plan.Device.type, plan.WeightType));
        Assert.Equal("cpu, fp32 weights", plan.Reason);
    }

    [Fact]
    public void Auto_takes_what_the_processor_has_and_says_why()
    {
        var plan = ComputePlan.Resolve(ComputeDevice.Cpu, Precision.Auto);
        Assert.Equal(HasFastBFloat16 ? ScalarType.BFloat16 : ScalarType.Float32, plan.WeightType);
        Assert.Contains(HasFastBFloat16 ? "bf16 instructions" : "no bf16 instructions", plan.Reason, StringComparison.Ordinal);
    }

    [Fact(Skip = "libtorch has a CUDA device here", SkipWhen = nameof(HasCuda))]
    public void Cuda_without_a_device_is_an_error_that_says_what_to_do()
    {
        var e = Assert.Throws<ModelHostException>(() => ComputePlan.Resolve(ComputeDevice.Cuda, Precision.Auto));
        Assert.Contains("libtorch has none", e.Message, StringComparison.Ordinal);
        Assert.Contains("TorchSharp-cuda-linux", e.Message, StringComparison.Ordinal);
    }

    [Fact(Skip = "libtorch has a CUDA device here", SkipWhen = nameof(HasCuda))]
    public void Auto_without_a_device_is_the_cpu_and_says_so() =>
        Assert.Contains("libtorch has no CUDA device", ComputePlan.Resolve(ComputeDevice.Auto, Precision.Float32).Reason, StringComparison.Ordinal);

    [Fact(Skip = "the processor has bf16 instructions", SkipWhen = nameof(HasFastBFloat16))]
    public void Bf16_without_instructions_is_an_error() =>
        Assert.Contains("bf16 was asked for", Assert.Throws<ModelHostException>(() => ComputePlan.Resolve(ComputeDevice.Cpu, Precision.BFloat16)).Message,
            StringComparison.Ordinal);
}
