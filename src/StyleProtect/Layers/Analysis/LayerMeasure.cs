namespace StyleProtect.Layers.Analysis;

/// <summary>A way to say how much style a cross-attention layer carries; larger is more.</summary>
public enum LayerMeasure
{
    /// <summary>log2 of the attention on a style word over that on a content word, per token; the tokens of start, end and fill are left out.</summary>
    Style,

    /// <summary>Relative change of the layer's output, for the same queries, when only the style words change, minus the same for the content words.</summary>
    Response,

    /// <summary>Norm of the denoising loss's gradient with respect to the layer's K and V weights, over the root of their number.</summary>
    Gradient,

    /// <summary>‖ΔW‖/‖W‖ of the layer's K and V after a short fine-tune of all layers on one style's pictures.</summary>
    Drift,

    /// <summary>
    /// Pearson correlation of the pairwise similarities of the layer's pooled output with those of a style embedding, minus the same for a content embedding.
    /// </summary>
    Similarity,

    /// <summary><see cref="Similarity"/> with Spearman's rank correlation.</summary>
    RankSimilarity,
}
