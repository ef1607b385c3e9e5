using System.Globalization;

namespace StyleProtect.Layers;

/// <summary>Layers drawn by a seed, the control for every claim about chosen ones.</summary>
internal sealed class RandomLayerSelector(int k, int seed) : ITextLayerSelector
{
    public string Text => string.Create(CultureInfo.InvariantCulture, $"random:{k}:{seed}");

    public ValueTask<LayerSelection> SelectAsync(LayerSelectionContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        var layers = context.Catalog.CrossAttention.ToArray();
        new Random(seed).Shuffle(layers);
        return ValueTask.FromResult(new LayerSelection([.. RankedLayerSelector.First(k)(layers).OrderBy(l => l.Index)], $"{k} layers drawn with seed {seed}"));
    }
}
