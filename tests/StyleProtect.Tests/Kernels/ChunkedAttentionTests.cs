using StyleProtect.Kernels;
using StyleProtect.Kernels.Managed;
using StyleProtect.Tests.Infrastructure;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Kernels;

[Collection(TorchCollection.Name)]
public sealed class ChunkedAttentionTests
{
    [Theory]
    [InlineData(2, 2, 48, 64, 16)]
    [InlineData(1, 3, 50, 1040, 24)]
    [InlineData(1, 2, 2500, 2048, 8)] // two chunks, the second shorter
    public void Output_and_gradients_equal_fp64(int n, int heads, int queries, int keys, int size)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        // In memory as projections leave them, [N, rows, heads, d].
        Tensor Random(int rows) => randn([n, rows, heads, size], generator: generator).to(bfloat16).transpose(1, 2);
        Tensor q = Random(queries), k = Random(keys), v = Random(keys), given = Random(queries);
        Assert.True(ChunkedAttentionFunction.Takes(q, k));
        var chunked = Gradients(q, k, v, given, (a, b, c) => ChunkedAttentionFunction.Apply(a, b, c, 1 / Math.Sqrt(size)));
        var exact = Gradients(q.to(float64), k.to(float64), v.to(float64), given.to(float64), (a, b, c) => nn.functional.scaled_dot_product_attention(a, b, c));
        // Scores and probabilities are rounded to bf16; so they are in the explicit form.
        for (var i = 0; i < exact.Length; i++)
            Assert.True(((chunked[i].to(float64) - exact[i]).norm() / exact[i].norm()).item<double>() < 0.012, $"{i}");
        using var frozen = no_grad();
        Assert.True(ChunkedAttentionFunction.Apply(q, k, v, 1 / Math.Sqrt(size)).equal(chunked[0]).all().item<bool>());
    }

    [Fact]
    public void Score_gradient_equals_the_expression()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(4);
        var p = randn([3, 70, 80], generator: generator).softmax(-1).to(bfloat16);
        var dp = randn([3, 70, 80], generator: generator).to(bfloat16);
        var (wide, narrow) = (p.to(float64), dp.to(float64));
        var expected = wide * (narrow - (wide * narrow).sum(-1, keepdim: true));
        ScoreGradientKernel.Run(p, dp);
        Assert.True(((dp.to(float64) - expected).norm() / expected.norm()).item<double>() < 3e-3);
    }

    [Fact]
    public void Rows_that_no_vector_fills_are_refused_and_go_to_libtorch()
    {
        using var scope = NewDisposeScope();
        var p = zeros([2, 4, 20], bfloat16);
        Assert.Contains("multiple of 16", Assert.Throws<ArgumentException>(() => ScoreGradientKernel.Run(p, p.clone())).Message, StringComparison.Ordinal);
        Assert.False(ChunkedAttentionFunction.Takes(zeros([1, 1, 4, 8], bfloat16), zeros([1, 1, 1030, 8], bfloat16)));
        Assert.False(ChunkedAttentionFunction.Takes(zeros([1, 1, 4, 8]), zeros([1, 1, 1040, 8])));
    }

    private static Tensor[] Gradients(Tensor q, Tensor k, Tensor v, Tensor given, Func<Tensor, Tensor, Tensor, Tensor> attend)
    {
        Tensor[] leaves = [q.detach().requires_grad_(true), k.detach().requires_grad_(true), v.detach().requires_grad_(true)];
        var output = attend(leaves[0], leaves[1], leaves[2]);
        (output * given).sum().backward();
        BackwardFaults.ThrowIfAny();
        return [output.detach(), .. leaves.Select(l => l.grad!)];
    }
}
