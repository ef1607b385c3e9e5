using StyleProtect.Kernels.Managed;
using static TorchSharp.torch;

namespace StyleProtect.Kernels;

/// <summary>
/// Attention over many keys in bf16 on the CPU: matrix products and softmax for a chunk of queries at a time. Keeps q, k and v only; the backward pass computes the probabilities again.
/// libtorch's fused form multiplies small blocks there and takes about half as long again (docs/performance.md).
/// </summary>
internal sealed class ChunkedAttentionFunction : autograd.SingleTensorFunction<ChunkedAttentionFunction>
{
    private const string Scale = "scale";

    /// <summary>Scores of a chunk over all heads, 16 MiB: larger ones leave the cache between the operations.</summary>
    private const long ChunkScores = 1 << 23;

    /// <inheritdoc/>
    public override string Name => nameof(ChunkedAttentionFunction);

    /// <summary>Whether this form takes the tensors.</summary>
    internal static bool Takes(Tensor q, Tensor k) =>
        q.device_type == TorchSharp.DeviceType.CPU && q.dtype == ScalarType.BFloat16 && k.dtype == ScalarType.BFloat16 && k.shape[0] == q.shape[0] && k.shape[2] % ScoreGradientKernel.Multiple == 0;

    /// <param name="q">[N, heads, queries, d]</param>
    /// <param name="k">[N, heads, keys, d]</param>
    /// <param name="v">[N, heads, keys, d]</param>
    /// <param name="scale">Factor of the scores.</param>
    /// <returns>[N, heads, queries, d] with the memory order [N, queries, heads, d].</returns>
    internal static Tensor Apply(Tensor q, Tensor k, Tensor v, double scale)
    {
        if (is_grad_enabled() && (q.requires_grad || k.requires_grad || v.requires_grad)) return apply(q, k, v, scale);
        using var guard = no_grad();
        return Compute(q, k, v, scale);
    }

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (q, k, v, scale) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2], (double)vars[3]);
        ctx.save_for_backward([q, k, v]);
        ctx.save_data(Scale, scale);
        return Compute(q, k, v, scale);
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var saved = ctx.get_saved_variables();
        Tensor dq = CrossAttentionFunction.Heads(saved[0]), dk = CrossAttentionFunction.Heads(saved[1]), dv = CrossAttentionFunction.Heads(saved[2]);
        try
        {
            Differentiate(saved, (double)ctx.get_data(Scale), grad_output, dq, dk, dv);
        }
        catch (Exception e)
        {
            // It must not unwind through libtorch; the caller throws it after backward().
            BackwardFaults.Record(e);
            foreach (var t in (Tensor[])[dq, dk, dv]) t.zero_();
        }

        grad_output.Dispose();
        return ReturnedGradients.Keep([dq.MoveToOuterDisposeScope(), dk.MoveToOuterDisposeScope(), dv.MoveToOuterDisposeScope(), null!]);
    }

    private static Tensor Compute(Tensor q, Tensor k, Tensor v, double scale)
    {
        using var scope = NewDisposeScope();
        var output = CrossAttentionFunction.Heads(q);
        Tensor queries = Rows(q.Mul(scale)), keys = Rows(k).transpose(1, 2), values = Rows(v);
        foreach (var (start, length) in Chunks(queries, keys.shape[2]))
        {
            using var chunk = NewDisposeScope();
            var attended = matmul(matmul(queries.narrow(1, start, length), keys).softmax(-1), values);
            output.narrow(2, start, length).copy_(attended.view(q.shape[0], q.shape[1], length, -1));
        }

        return output.MoveToOuterDisposeScope();
    }

    private static void Differentiate(List<Tensor> saved, double scale, Tensor gradient, Tensor dq, Tensor dk, Tensor dv)
    {
        using var scope = NewDisposeScope();
        Tensor queries = Rows(saved[0].Mul(scale)), keys = Rows(saved[1]), values = Rows(saved[2]), given = Rows(gradient.to(bfloat16));
        Tensor keysAcross = keys.transpose(1, 2), valuesAcross = values.transpose(1, 2);
        // Both across, [N·heads, d, keys]: as products with the probabilities as they lie they are half as fast again as with transposed ones.
        Tensor keyGradient = zeros(keysAcross.shape, float32), valueGradient = zeros(valuesAcross.shape, float32);
        foreach (var (start, length) in Chunks(queries, keys.shape[1]))
        {
            using var chunk = NewDisposeScope();
            Tensor q = queries.narrow(1, start, length), g = given.narrow(1, start, length);
            var probabilities = matmul(q, keysAcross).softmax(-1);
            valueGradient.Add_(matmul(g.transpose(1, 2), probabilities));
            var scores = matmul(g, valuesAcross);
            ScoreGradientKernel.Run(probabilities, scores);
            dq.narrow(2, start, length).copy_(matmul(scores, keys).Mul(scale).view(dq.shape[0], dq.shape[1], length, -1));
            keyGradient.Add_(matmul(q.transpose(1, 2), scores));
        }

        dk.copy_(keyGradient.transpose(1, 2).view(dk.shape));
        dv.copy_(valueGradient.transpose(1, 2).view(dv.shape));
    }

    private static IEnumerable<(long Start, long Length)> Chunks(Tensor queries, long keys)
    {
        long all = queries.shape[1], length = Math.Clamp(ChunkScores / (queries.shape[0] * keys), 1, all);
        for (long start = 0; start < all; start += length) yield return (start, Math.Min(length, all - start));
    }

    /// <summary>[N, heads, rows, d] to dense [N·heads, rows, d].</summary>
    private static Tensor Rows(Tensor t) => t.reshape(t.shape[0] * t.shape[1], t.shape[2], t.shape[3]).contiguous();
}
