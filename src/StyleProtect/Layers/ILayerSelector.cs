namespace StyleProtect.Layers;

/// <summary>Chooses the cross-attention layers whose K and V weights are trained. Implement it to try a strategy of your own.</summary>
public interface ILayerSelector
{
    /// <summary>Chooses layers.</summary>
    /// <param name="context">The model's layers, and what may be measured on it.</param>
    /// <param name="cancellationToken">Stops a measurement.</param>
    /// <exception cref="LayerSelectionException">No layer fits; the message names the nearest ones.</exception>
    ValueTask<LayerSelection> SelectAsync(LayerSelectionContext context, CancellationToken cancellationToken = default);
}
