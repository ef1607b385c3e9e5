using StyleProtect.Diffusion;
using StyleProtect.Kernels;
using StyleProtect.Testing;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Kernels;

[Collection(SerialCollection.Name)]
public sealed class GroupNormTests
{
    [Theory]
    [InlineData(2, 64, 9, 10, 32, false)]
    [InlineData(2, 64, 9, 10, 32, true)]
    [InlineData(1, 32, 1, 2, 8, true)]
    [InlineData(3, 128, 16, 17, 32, true)]
    [InlineData(1, 320, 70, 71, 32, true)] // several chunks an image
    [InlineData(1, 32, 1, 1, 8, true)] // one position: libtorch's own expression
    [InlineData(2, 24, 5, 6, 8, true)] // no multiple of the vector width: libtorch's own expression
    public void Values_and_gradients_equal_libtorch_in_fp64(int images, int channels, int height, int width, int groups, bool silu)
    {
        // libtorch's own fp32 expression loses digits at a mean of 50; the managed kernel does not.
        var slack = channels % 32 == 0 && height * width > 1 ? 1 : 20;
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        // A mean far from zero: sums of squares would cancel.
        var x = TensorLayout.ChannelsLast(randn([images, channels, height, width], generator: generator).Mul(3).Add(50)).detach().requires_grad_(true);
        var weight = randn([channels], generator: generator).requires_grad_(true);
        var bias = randn([channels], generator: generator).requires_grad_(true);
        var cotangent = randn([images, channels, height, width], generator: generator);
        var y = FusedKernels.Managed.GroupNorm(x, groups, weight, bias, 1e-5, silu);
        (y * cotangent).sum().backward();
        BackwardFaults.ThrowIfAny();

        Tensor x64 = Wide(x), weight64 = Wide(weight), bias64 = Wide(bias);
        var y64 = nn.functional.group_norm(x64, groups, weight64, bias64, 1e-5);
        if (silu) y64 = nn.functional.silu(y64);
        (y64 * cotangent).sum().backward();
        AssertClose(y64, y, slack * 5e-6);
        AssertClose(x64.grad!, x.grad!, slack * 2e-5);
        AssertClose(weight64.grad!, weight.grad!, slack * 2e-5);
        AssertClose(bias64.grad!, bias.grad!, slack * 2e-5);
    }

    [Fact]
    public void Bf16_agrees_with_fp32_and_keeps_its_layout()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(4);
        var x = TensorLayout.ChannelsLast(randn([2, 64, 12, 12], generator: generator)).to(bfloat16).detach().requires_grad_(true);
        var (weight, bias) = (ones(64, bfloat16), zeros(64, bfloat16));
        var y = FusedKernels.Managed.GroupNorm(x, 32, weight, bias, 1e-5, silu: true);
        Assert.Equal(bfloat16, y.dtype);
        Assert.Equal(x.stride(), y.stride());
        y.to(float32).Pow(2).sum().backward();
        BackwardFaults.ThrowIfAny();

        var wide = x.detach().to(float32).contiguous().requires_grad_(true);
        var expected = nn.functional.silu(nn.functional.group_norm(wide, 32, weight.to(float32), bias.to(float32), 1e-5));
        expected.Pow(2).sum().backward();
        AssertClose(expected, y.to(float32), 0.01);
        AssertClose(wide.grad!, x.grad!.to(float32), 0.02);
    }

    [Fact]
    public void Without_a_gradient_nothing_is_kept()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var x = TensorLayout.ChannelsLast(randn(2, 32, 6, 6));
        var before = Tensor.TotalCount;
        using (FusedKernels.Managed.GroupNorm(x, 8, ones(32), zeros(32), 1e-5, silu: true))
            Assert.True(Tensor.TotalCount - before <= 3);
    }

    private static Tensor Wide(Tensor t) => t.detach().to(float64).contiguous().requires_grad_(true);

    private static void AssertClose(Tensor expected, Tensor actual, double relative)
    {
        using var scope = NewDisposeScope();
        var error = ((expected.detach().to(float64) - actual.detach().to(float64)).abs().max() / expected.detach().to(float64).abs().max()).item<double>();
        Assert.True(error <= relative, $"relative error {error:g3}, allowed {relative:g3}");
    }
}
