namespace StyleProtect.Diffusion.Models;

/// <summary>The fields of a transformers <c>CLIPTextConfig</c>.</summary>
public sealed record ClipTextConfig
{
    /// <summary>Number of tokens.</summary>
    public int VocabSize { get; init; } = 49408;

    /// <summary>Width.</summary>
    public int HiddenSize { get; init; } = 768;

    /// <summary>Width of the feed-forward layer.</summary>
    public int IntermediateSize { get; init; } = 3072;

    /// <summary>Layers.</summary>
    public int NumHiddenLayers { get; init; } = 12;

    /// <summary>Attention heads.</summary>
    public int NumAttentionHeads { get; init; } = 12;

    /// <summary>Longest prompt in tokens.</summary>
    public int MaxPositionEmbeddings { get; init; } = 77;

    /// <summary><c>quick_gelu</c> or <c>gelu</c>.</summary>
    public string HiddenAct { get; init; } = "quick_gelu";

    /// <summary>Epsilon of the layer norms.</summary>
    public double LayerNormEps { get; init; } = 1e-5;

    /// <summary>The end token; 2 is an old default that means "the largest token in the prompt".</summary>
    public int EosTokenId { get; init; } = 49407;

    /// <summary>Width of the projected embedding (models with projection).</summary>
    public int ProjectionDim { get; init; } = 512;
}
