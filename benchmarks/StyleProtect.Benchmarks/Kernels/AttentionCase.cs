using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Benchmarks.Kernels;

/// <summary>
/// Attention, forward and backward; without other numbers the cross-attention of SD 1.5's widest level: 8 heads × 4,096 queries × 77 keys × 40.
/// </summary>
internal sealed class AttentionCase : IDisposable
{
    private readonly double _scale;
    private readonly Tensor _q;
    private readonly Tensor _k;
    private readonly Tensor _v;
    private readonly Tensor _cotangent;

    internal AttentionCase(ScalarType type, int batch = 1, int heads = 8, int queries = 4096, int keys = 77, int size = 40)
    {
        _scale = 1 / Math.Sqrt(size);
        _q = Heads(queries);
        _k = Heads(keys);
        _v = Heads(keys);
        _cotangent = randn([batch, queries, heads, size], dtype: type).transpose(1, 2);

        Tensor Heads(long length) => randn([batch, length, heads, size], dtype: type).transpose(1, 2).detach().requires_grad_();
    }

    /// <summary>The fused operation, with capture.</summary>
    internal void Fused(IFusedKernels kernels) => Step(() => kernels.CrossAttention(_q, _k, _v, _scale, new AttentionCapture()));

    /// <summary>The fused operation as the model uses it, without capture.</summary>
    internal void FusedOnly(IFusedKernels kernels) => Step(() => kernels.CrossAttention(_q, _k, _v, _scale));

    /// <summary>The explicit form without capture.</summary>
    internal void ExplicitOnly() => Step(() => matmul(matmul(_q.Mul(_scale), _k.transpose(-1, -2)).softmax(-1), _v));

    /// <summary>The explicit form that has the probabilities for its capture.</summary>
    internal void Explicit() => Step(() =>
    {
        var probabilities = matmul(_q, _k.transpose(-1, -2)).Mul(_scale).softmax(-1);
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
