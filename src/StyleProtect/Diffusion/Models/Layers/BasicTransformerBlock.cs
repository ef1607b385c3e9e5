using StyleProtect.Kernels;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Diffusion.Models.Layers;

/// <summary>Self-attention (attn1), cross-attention (attn2) and feed-forward (ff), each normalised in front and added.</summary>
internal sealed class BasicTransformerBlock : Module
{
    private readonly LayerNorm _norm1;
    private readonly LayerNorm _norm2;
    private readonly LayerNorm _norm3;
    private readonly FeedForward _ff;

    internal BasicTransformerBlock(int dim, int heads, int headDim, int crossAttentionDim) : base(nameof(BasicTransformerBlock))
    {
        register_module("norm1", _norm1 = new LayerNorm(dim));
        register_module("attn1", SelfAttention = new Attention(dim, null, heads, headDim));
        register_module("norm2", _norm2 = new LayerNorm(dim));
        register_module("attn2", CrossAttention = new Attention(dim, crossAttentionDim, heads, headDim));
        register_module("norm3", _norm3 = new LayerNorm(dim));
        register_module("ff", _ff = new FeedForward(dim));
    }

    internal Attention SelfAttention { get; }

    internal Attention CrossAttention { get; }

    /// <param name="hidden">[N, L, C]</param>
    /// <param name="context">[N, T, D]</param>
    internal Tensor Forward(Tensor hidden, Tensor context)
    {
        using var scope = NewDisposeScope();
        var h = hidden.Add(SelfAttention.Forward(_norm1.forward(hidden)));
        h = h.Add(CrossAttention.Forward(_norm2.forward(h), context));
        return h.Add(_ff.forward(_norm3.forward(h))).MoveToOuterDisposeScope();
    }
}
