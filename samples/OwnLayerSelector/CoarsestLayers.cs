using StyleProtect.Layers;

namespace OwnLayerSelector;

/// <summary>Trains the layers with the smallest feature maps first (they see the whole picture at once), as many as fit into a number of weights.</summary>
public sealed class CoarsestLayers(long weights) : ILayerSelector
{
    public ValueTask<LayerSelection> SelectAsync(LayerSelectionContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        var left = weights;
        var chosen = context.Catalog.CrossAttention
            .OrderByDescending(layer => layer.Downsampling).ThenBy(layer => layer.Index)
            .TakeWhile(layer => (left -= layer.KeyValueParameters) >= 0)
            .OrderBy(layer => layer.Index).ToArray();
        return ValueTask.FromResult(new LayerSelection(chosen, $"the coarsest layers, at most {weights} weights"));
    }
}
