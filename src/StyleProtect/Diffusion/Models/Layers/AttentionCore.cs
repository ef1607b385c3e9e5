using StyleProtect.Kernels;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Diffusion.Models.Layers;

/// <summary>softmax(Q·Kᵀ·scale + mask)·V.</summary>
internal static class AttentionCore
{
    /// <summary>
    /// libtorch's fused CPU attention is slow in bf16; up to this many keys the explicit form is faster and its matrix is small, beyond it is computed in
    /// chunks.
    /// </summary>
    internal const long ExplicitKeys = 512;

    /// <summary>
    /// Up to this many keys a head's keys and values stay in the processor's cache, and the fused kernel, which keeps no probabilities for the backward pass,
    /// is ahead of both or level: in bf16 at every size, in fp32 once the scores outweigh the fixed cost of a call from torch into managed code
    /// (docs/benchmarks.md).
    /// </summary>
    private const long FusedKeys = 128, FusedScores = 1 << 16;

    /// <param name="query">[N, heads, queries, d]</param>
    /// <param name="key">[N, heads, keys, d]</param>
    /// <param name="value">[N, heads, keys, d]</param>
    /// <param name="mask">Added to the scores, broadcast to [N, heads, queries, keys]; or null.</param>
    internal static Tensor Compute(Tensor query, Tensor key, Tensor value, Tensor? mask = null)
    {
        if (query.device_type != DeviceType.CPU)
            return functional.scaled_dot_product_attention(query, key, value, mask);
        if (mask is null && IsFused(query, key))
            return FusedKernels.Managed.CrossAttention(query, key, value, 1 / Math.Sqrt(query.shape[3]));
        if (mask is null && key.shape[2] > ExplicitKeys && ChunkedAttentionFunction.Takes(query, key))
            return ChunkedAttentionFunction.Apply(query, key, value, 1 / Math.Sqrt(query.shape[3]));
        if (query.dtype != ScalarType.BFloat16 || key.shape[2] > ExplicitKeys)
            return functional.scaled_dot_product_attention(query, key, value, mask);
        using var scope = NewDisposeScope();
        return matmul(Probabilities(query, key, mask), value).MoveToOuterDisposeScope();
    }

    private static bool IsFused(Tensor query, Tensor key) =>
        key.shape[0] == query.shape[0] && key.shape[2] <= FusedKeys &&
        (query.dtype == ScalarType.BFloat16 || (query.dtype == ScalarType.Float32 && query.numel() / query.shape[3] * key.shape[2] >= FusedScores));

    /// <summary>softmax(Q·Kᵀ/√d + mask), [N, heads, queries, keys].</summary>
    internal static Tensor Probabilities(Tensor query, Tensor key, Tensor? mask = null)
    {
        using var scope = NewDisposeScope();
        var scores = matmul(query.Mul(1 / Math.Sqrt(query.shape[3])), key.transpose(2, 3));
        if (mask is not null) scores = scores.Add(mask);
        return scores.softmax(-1).MoveToOuterDisposeScope();
    }
}
