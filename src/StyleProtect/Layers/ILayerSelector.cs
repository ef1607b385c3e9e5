using System.ComponentModel;
using System.Text.Json.Serialization;
using StyleProtect.Layers.Analysis;

namespace StyleProtect.Layers;

/// <summary>
/// Chooses the cross-attention layers whose K and V weights are trained. Implement it to try a strategy of your own. In configuration and JSON the built-in
/// ones are texts, as <see cref="LayerSelectors.Parse"/> reads them.
/// </summary>
[TypeConverter(typeof(LayerSelectorTypeConverter))]
[JsonConverter(typeof(LayerSelectorJsonConverter))]
public interface ILayerSelector
{
    /// <summary>Chooses layers.</summary>
    /// <param name="context">The model's layers, and what may be measured on it.</param>
    /// <param name="cancellationToken">Stops a measurement.</param>
    /// <exception cref="LayerSelectionException">No layer fits; the message names the nearest ones.</exception>
    ValueTask<LayerSelection> SelectAsync(LayerSelectionContext context, CancellationToken cancellationToken = default);
}

/// <summary>What a selector sees.</summary>
/// <param name="Catalog">The model's cross-attention layers.</param>
public sealed record LayerSelectionContext(LayerCatalog Catalog)
{
    /// <summary>Measures the layers on the request's own pictures; null where there are no pictures (a listing, for example).</summary>
    public ISensitivityMeter? Meter { get; init; }
}

/// <summary>The chosen layers, in name order; may be empty (then no weight is trained).</summary>
/// <param name="Layers">The layers.</param>
/// <param name="Reason">How they were chosen, for the report.</param>
public sealed record LayerSelection(IReadOnlyList<AttentionLayer> Layers, string Reason);
