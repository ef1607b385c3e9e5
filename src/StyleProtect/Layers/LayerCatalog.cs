namespace StyleProtect.Layers;

/// <summary>Every attention layer of a model's U-Net, in name order.</summary>
/// <param name="ModelKind">What the model is, for messages ("Stable Diffusion 1.x topology").</param>
/// <param name="CrossAttention">The layers that attend to the text: those that can be measured and trained.</param>
public sealed record LayerCatalog(string ModelKind, IReadOnlyList<AttentionLayer> CrossAttention)
{
    /// <summary>Why there are no layers: the model has no U-Net that can be asked. Null where there are.</summary>
    public string? WithoutUNet { get; init; }

    /// <summary>The layers that attend to the picture itself.</summary>
    public IReadOnlyList<AttentionLayer> SelfAttention { get; init; } = [];

    /// <summary>By how much the latent is smaller than the picture.</summary>
    /// <value>The default is 8, as in all of Stable Diffusion.</value>
    public int LatentDownsampling { get; init; } = 8;

    /// <summary>Side of the pictures that the model was trained on, in pixels.</summary>
    /// <value>The default is 512.</value>
    public int PictureSize { get; init; } = 512;

    /// <summary>
    /// The cross-attention layers by transformer (<see cref="AttentionLayer.Group"/>): sixteen groups of one layer in Stable Diffusion 1.x, eleven of two or
    /// ten in XL.
    /// </summary>
    public IEnumerable<IGrouping<string, AttentionLayer>> Groups => CrossAttention.GroupBy(l => l.Group, StringComparer.Ordinal);

    /// <summary>Size of a layer's feature map for pictures of a size; each of its positions is one query.</summary>
    /// <param name="layer">A layer of this model.</param>
    /// <param name="width">Width of the picture in pixels.</param>
    /// <param name="height">Height of the picture in pixels.</param>
    public (int Width, int Height) ResolutionOf(AttentionLayer layer, int width, int height)
    {
        ArgumentNullException.ThrowIfNull(layer);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, LatentDownsampling);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, LatentDownsampling);
        return (Side(width), Side(height));

        // The autoencoder drops what does not fill a position of the latent; every halving in the U-Net rounds up.
        int Side(int pixels) => (pixels / LatentDownsampling + layer.Downsampling - 1) / layer.Downsampling;
    }
}
