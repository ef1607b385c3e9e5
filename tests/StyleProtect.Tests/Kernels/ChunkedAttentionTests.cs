using StyleProtect.Kernels;
using StyleProtect.Kernels.Managed;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Kernels;

public sealed class ChunkedAttentionTests
{
    [Theory]
    [InlineData(2, 2, 48, 64, 16)]
    [InlineData(1, 3, 50, 1040, 24)]
    [InlineData(1, 2, 1300, 2048, 8)] // chunks of queries, the last one shorter
    [InlineData(3, 3, 256, 1040, 40)] // chunks of heads, the last one smaller; heads whose columns are filled up
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
    public void Softmax_in_two_parts_equals_the_expression()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(4);
        var scores = randn([3, 70, 80], generator: generator).Mul(20).to(bfloat16);
        var exact = scores.to(float64).Mul(0.25);
        Tensor logs = empty([5, 90]), shares = empty([3, 70]);
        var part = logs.narrow(0, 1, 3).narrow(1, 10, 70); // written in the middle of a larger tensor
        ScoreExponentialsKernel.Run(scores, 0.25, part, shares);
        Near(exact.softmax(-1), scores.to(float64) * shares.unsqueeze(-1), 3e-3);
        Near(exact.logsumexp(-1), part.to(float64), 1e-5);
    }

    [Fact]
    public void Score_gradient_equals_the_expression()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(4);
        var scores = randn([3, 70, 80], generator: generator).Mul(4).to(bfloat16);
        var dp = randn([3, 70, 80], generator: generator).to(bfloat16);
        var (exact, narrow) = (scores.to(float64).Mul(0.5), dp.to(float64));
        var p = exact.softmax(-1);
        var expected = (p * (narrow - (p * narrow).sum(-1, keepdim: true))).Mul(0.5);
        ScoreGradientKernel.Run(scores, dp, 0.5, exact.logsumexp(-1).to(float32));
        Near(p, scores.to(float64), 3e-3);
        Near(expected, dp.to(float64), 5e-3);
    }

    [Fact]
    public void NaN_and_overwhelming_scores_come_out_as_in_libtorch()
    {
        using var scope = NewDisposeScope();
        var scores = zeros([1, 3, 48], bfloat16);
        scores[0, 0, 40] = float.NaN;
        scores[0, 1, 47] = 3e4f;
        scores[0, 2].Fill_(-3e4);
        Tensor logs = empty([1, 3]), shares = empty([1, 3]);
        ScoreExponentialsKernel.Run(scores, 1, logs, shares);
        var p = scores.to(float32) * shares.unsqueeze(-1);
        Assert.True(p[0, 0].isnan().any().item<bool>());
        Assert.InRange(p[0, 1, 47].item<float>(), 0.999, 1.001);
        Assert.True(p[0, 1, 0].item<float>() < 1e-30f);
        Assert.True(p[0, 2].Sub(1 / 48.0).abs().max().item<float>() < 1e-3f);
    }

    [Fact]
    public void Rows_that_no_vector_fills_are_refused_and_go_to_libtorch()
    {
        using var scope = NewDisposeScope();
        Tensor narrow = zeros([2, 4, 20], bfloat16), numbers = zeros([2, 4]);
        Assert.Contains("multiple of 16", Assert.Throws<ArgumentException>(() => ScoreGradientKernel.Run(narrow, narrow.clone(), 1, numbers)).Message,
            StringComparison.Ordinal);
        var scores = zeros([2, 4, 32], bfloat16);
        Assert.Throws<ArgumentException>(() => ScoreExponentialsKernel.Run(scores, 1, zeros([2, 5]), numbers));
        Assert.Throws<ArgumentException>(() => ScoreGradientKernel.Run(scores, zeros([2, 4, 48], bfloat16), 1, numbers));
        Assert.Throws<ArgumentException>(() => SumKernel.Add(zeros(4), zeros([5], bfloat16)));
        Assert.Throws<ArgumentException>(() => HeadScatter.Run(zeros([2, 4, 8], bfloat16), null, zeros([1, 2, 5, 8], bfloat16), 0, 2));
        Assert.False(ChunkedAttentionFunction.Takes(zeros([1, 1, 4, 8], bfloat16), zeros([1, 1, 1030, 8], bfloat16)));
        Assert.False(ChunkedAttentionFunction.Takes(zeros([1, 1, 4, 8], bfloat16), zeros([1, 1, 16, 8], bfloat16)));
        Assert.False(ChunkedAttentionFunction.Takes(zeros([1, 1, 4, 8]), zeros([1, 1, 1040, 8])));
    }

    private static void Near(Tensor expected, Tensor actual, double allowed) =>
        Assert.InRange(((actual - expected).norm() / expected.norm()).item<double>(), 0, allowed);

    private static Tensor[] Gradients(Tensor q, Tensor k, Tensor v, Tensor given, Func<Tensor, Tensor, Tensor, Tensor> attend)
    {
        Tensor[] leaves = [q.detach().requires_grad_(true), k.detach().requires_grad_(true), v.detach().requires_grad_(true)];
        var output = attend(leaves[0], leaves[1], leaves[2]);
        (output * given).sum().backward();
        BackwardFaults.ThrowIfAny();
        return [output.detach(), .. leaves.Select(l => l.grad!)];
    }
}
