namespace StyleProtect.Layers;

/// <summary>What a selector sees.</summary>
/// <param name="Catalog">The model's cross-attention layers.</param>
public sealed record LayerSelectionContext(LayerCatalog Catalog);
