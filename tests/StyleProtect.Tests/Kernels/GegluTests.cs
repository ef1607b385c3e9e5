using StyleProtect.Kernels;
using StyleProtect.Kernels.Managed;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Kernels;

public sealed class GegluTests
{
    [Theory]
    [InlineData(1, 1, 32)]
    [InlineData(2, 77, 96)]
    [InlineData(1, 600, 1280)]
    public void Output_and_gradient_equal_fp64(int n, int tokens, int inner)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(5);
        var input = randn([n, tokens, 2 * inner], generator: generator).Mul(3).to(bfloat16);
        var given = randn([n, tokens, inner], generator: generator).to(bfloat16);
        Assert.True(GegluFunction.Takes(input));
        var fused = Gradient(input, given, GegluFunction.Apply);
        var exact = Gradient(input.to(float64), given.to(float64), Expression);
        for (var i = 0; i < exact.Length; i++)
            Assert.InRange(((fused[i].to(float64) - exact[i]).norm() / exact[i].norm()).item<double>(), 0, 3e-3);
        using var frozen = no_grad();
        Assert.True(GegluFunction.Apply(input).equal(fused[0]).all().item<bool>());
    }

    [Fact]
    public void Large_values_are_passed_or_stopped_and_NaN_stays()
    {
        using var scope = NewDisposeScope();
        var input = zeros([1, 64], bfloat16);
        input.narrow(1, 0, 32).Fill_(2);
        input[0, 32] = 300f;
        input[0, 33] = -300f;
        input[0, 34] = float.NaN;
        var output = GegluFunction.Apply(input);
        Assert.Equal(600f, output[0, 0].to(float32).item<float>());
        Assert.True(Math.Abs(output[0, 1].to(float32).item<float>()) < 1e-30f);
        Assert.True(output[0, 2].isnan().item<bool>());
        Assert.Equal(0f, output[0, 3].to(float32).item<float>());
    }

    [Fact]
    public void What_it_cannot_compute_goes_to_libtorch()
    {
        using var scope = NewDisposeScope();
        Assert.False(GegluFunction.Takes(zeros([2, 64])));
        Assert.False(GegluFunction.Takes(zeros([2, 40], bfloat16)));
        Assert.False(GegluFunction.Takes(zeros([0, 64], bfloat16)));
        Assert.Throws<ArgumentException>(() => GegluKernel.Forward(zeros([2, 64], bfloat16), zeros([2, 64], bfloat16)));
    }

    private static Tensor Expression(Tensor input)
    {
        var halves = input.chunk(2, -1);
        return halves[0] * nn.functional.gelu(halves[1]);
    }

    private static Tensor[] Gradient(Tensor input, Tensor given, Func<Tensor, Tensor> unit)
    {
        var leaf = input.detach().requires_grad_(true);
        var output = unit(leaf);
        (output * given).sum().backward();
        BackwardFaults.ThrowIfAny();
        return [output.detach(), leaf.grad!];
    }
}
