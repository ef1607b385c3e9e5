using StyleProtect.Kernels.Managed;
using static TorchSharp.torch;

namespace StyleProtect.Kernels;

/// <summary>
/// Attention over many keys in bf16 on the CPU: matrix products for a chunk of heads and queries at a time, and softmax between them while the chunk is in the
/// cache. Keeps q, k, v and a number for each query; the backward pass computes the probabilities again. libtorch's fused form multiplies small blocks there
/// and takes more than twice as long (docs/performance.md).
/// </summary>
internal sealed class ChunkedAttentionFunction : autograd.SingleTensorFunction<ChunkedAttentionFunction>
{
    private const string Scale = "scale";

    /// <summary>Scores of a chunk, 4 MiB, and its queries at the most: larger ones leave the cache between the operations.</summary>
    private const long ChunkScores = 1 << 21, ChunkQueries = 256;

    /// <inheritdoc/>
    public override string Name => nameof(ChunkedAttentionFunction);

    /// <summary>Whether this form takes the tensors.</summary>
    internal static bool Takes(Tensor q, Tensor k) =>
        q.device_type == TorchSharp.DeviceType.CPU && q.dtype == ScalarType.BFloat16 && k.dtype == ScalarType.BFloat16 && k.shape[0] == q.shape[0]
        && k.shape[2] % ScoreRows.Multiple == 0 &&
        k.shape[2] >= ScoreRows.Least && q.numel() > 0;

    /// <param name="q">[N, heads, queries, d]</param>
    /// <param name="k">[N, heads, keys, d]</param>
    /// <param name="v">[N, heads, keys, d]</param>
    /// <param name="scale">Factor of the scores, positive.</param>
    /// <returns>[N, heads, queries, d] with the memory order [N, queries, heads, d].</returns>
    internal static Tensor Apply(Tensor q, Tensor k, Tensor v, double scale)
    {
        if (is_grad_enabled() && (q.requires_grad || k.requires_grad || v.requires_grad)) return apply(q, k, v, scale);
        using var guard = no_grad();
        using var logSums = LogSums(q);
        return Compute(q, k, v, scale, logSums);
    }

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (q, k, v, scale) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2], (double)vars[3]);
        // Saved when this method has returned: it must outlive this method.
        var logSums = LogSums(q);
        var output = Compute(q, k, v, scale, logSums);
        BackwardFaults.Watch(ctx);
        ctx.save_for_backward([q, k, v, logSums]);
        ctx.save_data(Scale, scale);
        return output;
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
            BackwardFaults.Record(ctx, e);
            foreach (var t in (Tensor[])[dq, dk, dv]) t.zero_();
        }

        grad_output.Dispose();
        return ReturnedGradients.Keep([dq.MoveToOuterDisposeScope(), dk.MoveToOuterDisposeScope(), dv.MoveToOuterDisposeScope(), null!]);
    }

    private static Tensor LogSums(Tensor q) => empty([q.shape[0] * q.shape[1], q.shape[2]], float32);

    private static Tensor Compute(Tensor q, Tensor k, Tensor v, double scale, Tensor logSums)
    {
        using var scope = NewDisposeScope();
        var output = CrossAttentionFunction.Heads(q);
        Tensor queries = Rows(q), keys = Across(k), values = Filled(v);
        foreach (var (head, heads, row, rows) in Chunks(queries, keys.shape[2]))
        {
            using var chunk = NewDisposeScope();
            var scores = matmul(Part(queries, head, heads, row, rows), keys.narrow(0, head, heads));
            var shares = empty([heads, rows], float32);
            ScoreExponentialsKernel.Run(scores, scale, Part(logSums, head, heads, row, rows), shares);
            HeadScatter.Run(matmul(scores, values.narrow(0, head, heads)), shares, output, head, row);
        }

        return output.MoveToOuterDisposeScope();
    }

    private static void Differentiate(List<Tensor> saved, double scale, Tensor gradient, Tensor dq, Tensor dk, Tensor dv)
    {
        using var scope = NewDisposeScope();
        Tensor queries = Rows(saved[0]), keys = Filled(saved[1]), given = Rows(gradient.to(bfloat16)), logSums = saved[3];
        Tensor keysAcross = Across(saved[1]), valuesAcross = Across(saved[2]);
        // Both across, [N·heads, d, keys]: as products with the probabilities as they lie they are half as fast again as with transposed ones.
        Tensor keyGradient = zeros(keysAcross.shape, float32), valueGradient = zeros(valuesAcross.shape, float32);
        foreach (var (head, heads, row, rows) in Chunks(queries, keys.shape[1]))
        {
            using var chunk = NewDisposeScope();
            Tensor q = Part(queries, head, heads, row, rows), g = Part(given, head, heads, row, rows);
            Tensor probabilities = matmul(q, keysAcross.narrow(0, head, heads)), scores = matmul(g, valuesAcross.narrow(0, head, heads));
            ScoreGradientKernel.Run(probabilities, scores, scale, Part(logSums, head, heads, row, rows));
            SumKernel.Add(valueGradient.narrow(0, head, heads), matmul(g.transpose(1, 2), probabilities));
            HeadScatter.Run(matmul(scores, keys.narrow(0, head, heads)), null, dq, head, row);
            SumKernel.Add(keyGradient.narrow(0, head, heads), matmul(q.transpose(1, 2), scores));
        }

        dk.copy_(keyGradient.transpose(1, 2).view(dk.shape));
        dv.copy_(valueGradient.transpose(1, 2).view(dv.shape));
    }

    private static Tensor Part(Tensor t, long head, long heads, long row, long rows) => t.narrow(0, head, heads).narrow(1, row, rows);

    /// <summary>Some queries of some heads each: with many keys few heads, but two at least, which a product shares better among threads than one.</summary>
    private static IEnumerable<(long Head, long Heads, long Row, long Rows)> Chunks(Tensor queries, long keys)
    {
        long allHeads = queries.shape[0], allRows = queries.shape[1];
        var rows = Math.Clamp(ChunkScores / (2 * keys), 1, Math.Min(ChunkQueries, allRows));
        var heads = Math.Clamp(ChunkScores / (rows * keys), 1, allHeads);
        for (long head = 0; head < allHeads; head += heads)
            for (long row = 0; row < allRows; row += rows) yield return (head, Math.Min(heads, allHeads - head), row, Math.Min(rows, allRows - row));
    }

    /// <summary>
    /// [N, heads, rows, d] to dense [N·heads, rows, d'] with columns of 0 up to whole vectors: oneDNN takes a third longer for 40 columns than for 48.
    /// </summary>
    private static Tensor Filled(Tensor t)
    {
        var missing = (ScoreRows.Multiple - t.shape[3] % ScoreRows.Multiple) % ScoreRows.Multiple;
        return missing == 0 ? Rows(t) : Rows(nn.functional.pad(t, [0, missing]));
    }

    /// <summary>[N, heads, rows, d] to dense [N·heads, d, rows]: a product of one head reads it almost twice as fast as across.</summary>
    private static Tensor Across(Tensor t) => t.transpose(2, 3).reshape(t.shape[0] * t.shape[1], t.shape[3], t.shape[2]).contiguous();

    /// <summary>[N, heads, rows, d] to dense [N·heads, rows, d].</summary>
    private static Tensor Rows(Tensor t) => t.reshape(t.shape[0] * t.shape[1], t.shape[2], t.shape[3]).contiguous();
}
