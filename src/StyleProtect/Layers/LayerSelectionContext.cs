using StyleProtect.Layers.Analysis;

namespace StyleProtect.Layers;

/// <summary>What a selector sees.</summary>
/// <param name="Catalog">The model's cross-attention layers.</param>
public sealed record LayerSelectionContext(LayerCatalog Catalog)
{
    /// <summary>Measures the layers on the request's own pictures; null where there are no pictures (a listing, for example).</summary>
    public ISensitivityMeter? Meter { get; init; }
}
