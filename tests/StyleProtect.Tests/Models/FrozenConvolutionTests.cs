using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Kernels;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Models;

public sealed class FrozenConvolutionTests
{
    [Theory]
    [InlineData(64, 96, 3, 1, 1, 12, 10)]
    [InlineData(64, 64, 3, 2, 1, 12, 10)]
    [InlineData(64, 64, 3, 2, 1, 11, 9)]
    [InlineData(64, 32, 3, 2, 0, 13, 12)] // rows that do not fill a step
    [InlineData(96, 64, 1, 1, 0, 7, 5)]
    [InlineData(4, 96, 3, 1, 1, 16, 16)] // padded inputs
    [InlineData(96, 8, 3, 1, 1, 16, 16)] // padded outputs
    public void Gradient_without_the_input_equals_libtorchs(int inChannels, int outChannels, int kernel, int stride, int padding, int height, int width)
    {
        using var scope = NewDisposeScope();
        foreach (var type in (ScalarType[])[ScalarType.Float32, ScalarType.BFloat16])
        {
            var (x, w, b) = Inputs(inChannels, outChannels, kernel, height, width, type);
            long[] strides = [stride, stride], pads = [padding, padding];
            var frozen = Gradient(x, a => FrozenConvolution.Apply(a, w, b, strides, pads));
            var libtorch = Gradient(x, a => Conv2d.Direct(a, w, b, strides, pads));
            Assert.True(frozen.Output.equal(libtorch.Output).all().item<bool>());
            Assert.Equal(libtorch.Gradient.shape, frozen.Gradient.shape);
            // The same primitive, in another blocking for some shapes: never more than a rounding apart.
            Assert.True(Difference(frozen.Gradient, libtorch.Gradient) < (type == ScalarType.Float32 ? 1e-6 : 4e-3));
        }
    }

    [Theory]
    [InlineData(1, 64, 96, 8, 8)]
    [InlineData(2, 32, 128, 5, 7)]
    public void Few_positions_are_one_matrix_product_and_equal_float64(int n, int inChannels, int outChannels, int height, int width)
    {
        using var scope = NewDisposeScope();
        var (x, w, b) = Inputs(inChannels, outChannels, 3, height, width, ScalarType.BFloat16, n);
        Assert.True(ColumnProduct.Pays(x.shape, w, [1, 1], [1, 1]));
        var product = Gradient(x, a => Conv2d.Apply(a, w, b, [1, 1], [1, 1]));
        var exact = Gradient(x.to(float64), a => nn.functional.conv2d(a, w.to(float64), b.to(float64), [1, 1], [1, 1]));
        Assert.True(Difference(product.Output, exact.Output) < 4e-3);
        Assert.True(Difference(product.Gradient, exact.Gradient) < 6e-3);
    }

    [Fact]
    public void Many_positions_other_strides_and_trained_kernels_go_other_ways()
    {
        using var scope = NewDisposeScope();
        var (x, w, _) = Inputs(32, 64, 3, 12, 12, ScalarType.BFloat16);
        Assert.False(ColumnProduct.Pays(x.shape, w, [1, 1], [1, 1]));
        Assert.False(ColumnProduct.Pays([1, 32, 4, 4], w, [2, 2], [1, 1]));
        Assert.False(ColumnProduct.Pays([1, 32, 4, 4], w.contiguous(), [1, 1], [1, 1]));
        Assert.True(FrozenConvolution.Takes(x, w, null));
        var trained = w.detach().requires_grad_(true);
        Assert.False(FrozenConvolution.Takes(x, trained, null));
        Conv2d.Apply(x, trained, null, [1, 1], [1, 1]).sum().backward();
        Assert.Equal(w.shape, trained.grad!.shape);
    }

    private static (Tensor X, Tensor W, Tensor B) Inputs(int inChannels, int outChannels, int kernel, int height, int width, ScalarType type, int n = 1)
    {
        using var generator = new Generator(7);
        return (TensorLayout.ChannelsLast(randn([n, inChannels, height, width], generator: generator).to(type)),
            TensorLayout.ChannelsLast(randn([outChannels, inChannels, kernel, kernel], generator: generator).Div(kernel * Math.Sqrt(inChannels)).to(type)),
            randn([outChannels], generator: generator).to(type));
    }

    private static (Tensor Output, Tensor Gradient) Gradient(Tensor x, Func<Tensor, Tensor> convolve)
    {
        var leaf = x.detach().requires_grad_(true);
        var y = convolve(leaf);
        using var generator = new Generator(8);
        (y * randn(y.shape, generator: generator).to(bfloat16).to(y.dtype)).sum().backward();
        BackwardFaults.ThrowIfAny();
        return (y.detach(), leaf.grad!);
    }

    private static double Difference(Tensor a, Tensor b) => ((a.to(float64) - b.to(float64)).norm() / b.to(float64).norm()).item<double>();
}
