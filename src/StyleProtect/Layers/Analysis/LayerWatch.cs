using StyleProtect.Artworks;
using StyleProtect.Diffusion.Tokenization;

namespace StyleProtect.Layers.Analysis;

/// <summary>What the cross-attention layers did with a prompt, pass by pass.</summary>
public sealed class LayerWatch
{
    private readonly TokenizedText _tokens;

    internal LayerWatch(TokenizedText tokens, IReadOnlyList<WatchedPass> passes, Artwork? sample = null) => (_tokens, Passes, Sample) = (tokens, passes, sample);

    /// <summary>The prompt.</summary>
    public string Prompt => _tokens.Text;

    /// <summary>The passes in their order.</summary>
    public IReadOnlyList<WatchedPass> Passes { get; }

    /// <summary>The picture that was sampled, the same as without being watched; null where a given picture was looked at.</summary>
    public Artwork? Sample { get; }

    /// <summary>Positions of the tokens of some words of the prompt in <see cref="WatchedLayer.TokenMass"/>; empty where the prompt does not have them.</summary>
    /// <param name="words">One or more whole words, in any case.</param>
    /// <exception cref="ArgumentException"><paramref name="words"/> is empty.</exception>
    public IReadOnlyList<int> PositionsOf(string words) => _tokens.PositionsOf(words);
}
