using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Benchmarks.Kernels;

/// <summary>Cross-attention of SD 1.5's widest level, forward and backward: 8 heads × 4,096 queries × 77 keys × 40.</summary>
internal sealed class AttentionCase : IDisposable
{
    private const double Scale = 0.158113883;
    private readonly Tensor _q;
    private readonly Tensor _k;
    private readonly Tensor _v;
    private readonly Tensor _cotangent;

    internal AttentionCase(ScalarType type)
    {
        _q = Heads(4096);
        _k = Heads(77);
        _v = Heads(77);
        _cotangent = randn([1, 4096, 8, 40], dtype: type).transpose(1, 2);

        Tensor Heads(long length) => randn([1, length, 8, 40], dtype: type).transpose(1, 2).detach().requires_grad_();
    }

    /// <summary>The fused operation, with capture.</summary>
    internal void Fused(IFusedKernels kernels) => Step(() => kernels.CrossAttention(_q, _k, _v, Scale, new AttentionCapture()));

    /// <summary>The explicit form that has the probabilities for its capture.</summary>
    internal void Explicit() => Step(() =>
    {
        var probabilities = matmul(_q, _k.transpose(-1, -2)).Mul(Scale).softmax(-1);
        using (no_grad()) probabilities.mean([1, 2]);
        var output = matmul(probabilities, _v);
        using (no_grad()) output.Square().sum([2, 3]).sqrt();
        return output;
    });

    /// <summary>libtorch's fused attention, which captures nothing.</summary>
    internal void Sdpa() => Step(() => nn.functional.scaled_dot_product_attention(_q, _k, _v));

    public void Dispose()
    {
        foreach (var t in (Tensor[])[_q, _k, _v, _cotangent]) t.Dispose();
    }

    private void Step(Func<Tensor> forward)
    {
        using var scope = NewDisposeScope();
        forward().backward([_cotangent]);
        BackwardFaults.ThrowIfAny();
        foreach (var t in (Tensor[])[_q, _k, _v]) t.grad = null;
    }
}
