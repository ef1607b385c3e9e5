namespace StyleProtect.Diffusion.Models;

/// <summary>The fields of a transformers <c>CLIPVisionConfig</c>.</summary>
public sealed record ClipVisionConfig
{
    /// <summary>Width.</summary>
    public int HiddenSize { get; init; } = 1024;

    /// <summary>Width of the feed-forward layer.</summary>
    public int IntermediateSize { get; init; } = 4096;

    /// <summary>Layers.</summary>
    public int NumHiddenLayers { get; init; } = 24;

    /// <summary>Attention heads.</summary>
    public int NumAttentionHeads { get; init; } = 16;

    /// <summary>Side of the input picture in pixels.</summary>
    public int ImageSize { get; init; } = 224;

    /// <summary>Side of a patch in pixels.</summary>
    public int PatchSize { get; init; } = 14;

    /// <summary><c>quick_gelu</c> or <c>gelu</c>.</summary>
    public string HiddenAct { get; init; } = "quick_gelu";

    /// <summary>Epsilon of the layer norms.</summary>
    public double LayerNormEps { get; init; } = 1e-5;

    /// <summary>Width of the projected embedding.</summary>
    public int ProjectionDim { get; init; } = 768;
}
