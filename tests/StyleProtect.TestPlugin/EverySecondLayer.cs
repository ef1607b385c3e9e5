using System.ComponentModel;
using StyleProtect.Layers;

namespace StyleProtect.TestPlugin;

/// <summary>Chooses every second cross-attention layer.</summary>
public sealed class EverySecondLayer : ILayerSelector
{
    private int _offset;

    /// <summary>0 or 1.</summary>
    [Description("The first layer that is chosen")]
    public int Offset
    {
        get => _offset;
        set => _offset = value is 0 or 1 ? value : throw new ArgumentException($"the offset is 0 or 1, not {value}.");
    }

    public ValueTask<LayerSelection> SelectAsync(LayerSelectionContext context, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(new LayerSelection([.. context.Catalog.CrossAttention.Where(l => l.Index % 2 == Offset)], "every second layer"));
}
