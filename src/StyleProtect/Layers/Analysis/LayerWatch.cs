using StyleProtect.Artworks;
using StyleProtect.Diffusion.Tokenization;

namespace StyleProtect.Layers.Analysis;

/// <summary>What the cross-attention layers did with a prompt, pass by pass.</summary>
public sealed class LayerWatch
{
    private readonly TokenizedText _tokens;

    internal LayerWatch(TokenizedText tokens, IReadOnlyList<WatchedPass> passes, Artwork? sample = null) =>
        (_tokens, Passes, Sample) = (tokens, passes, sample);

    /// <summary>The prompt.</summary>
    public string Prompt => _tokens.Text;

    /// <summary>The passes in their order.</summary>
    public IReadOnlyList<WatchedPass> Passes { get; }

    /// <summary>The picture that was sampled, the same as without being watched; null where a given picture was looked at.</summary>
    public Artwork? Sample { get; }

    /// <summary>
    /// Positions of the tokens of some words of the prompt in <see cref="WatchedLayer.TokenMass"/>; empty where the prompt does not have them.
    /// </summary>
    /// <param name="words">One or more whole words, in any case.</param>
    /// <exception cref="ArgumentException"><paramref name="words"/> is empty.</exception>
    public IReadOnlyList<int> PositionsOf(string words) => _tokens.PositionsOf(words);
}

/// <summary>What the cross-attention layers did in one pass of the U-Net.</summary>
/// <param name="Timestep">The timestep, 0 for clean; a sampler's may lie between whole ones.</param>
/// <param name="Layers">In the catalog's order.</param>
public sealed record WatchedPass(double Timestep, IReadOnlyList<WatchedLayer> Layers);

/// <summary>What one cross-attention layer did in one pass.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="TokenMass">
/// Share of the attention that each token of the prompt got, mean over heads and pixels; sums to 1. Where words are: <see cref="LayerWatch.PositionsOf"/>.
/// </param>
/// <param name="Norm">L2 norm of its output.</param>
/// <param name="Pooled">Its output, mean over pixels; one number a channel.</param>
/// <param name="Map">Token masses by region of the picture, row by row; null unless asked for.</param>
public sealed record WatchedLayer(
    AttentionLayer Layer, IReadOnlyList<float> TokenMass, double Norm, IReadOnlyList<float> Pooled, IReadOnlyList<IReadOnlyList<float>>? Map);
