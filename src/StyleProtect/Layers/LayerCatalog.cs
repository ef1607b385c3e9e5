namespace StyleProtect.Layers;

/// <summary>Every cross-attention layer of a model, in name order.</summary>
/// <param name="ModelKind">What the model is, for messages ("Stable Diffusion 1.x topology").</param>
/// <param name="CrossAttention">The layers.</param>
public sealed record LayerCatalog(string ModelKind, IReadOnlyList<AttentionLayer> CrossAttention);
