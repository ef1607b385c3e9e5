using static TorchSharp.torch;

namespace StyleProtect.Diffusion;

/// <summary>A text as the U-Net reads it.</summary>
/// <param name="Tokens">[N, T, D]</param>
/// <param name="Pooled">The whole text in one vector, [N, P], which only Stable Diffusion XL reads; null for the others.</param>
internal sealed record TextEmbedding(Tensor Tokens, Tensor? Pooled = null)
{
    public static implicit operator TextEmbedding(Tensor tokens) => new(tokens);

    /// <summary>One after the other along N.</summary>
    internal static TextEmbedding Cat(params IReadOnlyList<TextEmbedding> texts) =>
        new(cat([.. texts.Select(t => t.Tokens)]), texts[0].Pooled is null ? null : cat([.. texts.Select(t => t.Pooled!)]));

    /// <summary>One text for N pictures; as it is where it has N already.</summary>
    internal TextEmbedding Expand(long count) =>
        Tokens.shape[0] == count ? this : new(Tokens.expand(count, -1, -1), Pooled?.expand(count, -1));

    internal TextEmbedding ZerosLike() => new(Tokens.zeros_like(), Pooled?.zeros_like());

    internal TextEmbedding MoveToOuterDisposeScope() => new(Tokens.MoveToOuterDisposeScope(), Pooled?.MoveToOuterDisposeScope());
}
