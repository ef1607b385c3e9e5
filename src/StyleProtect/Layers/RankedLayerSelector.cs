using StyleProtect.Layers.Analysis;

namespace StyleProtect.Layers;

/// <summary>The best layers of a ranking that is measured on the request's own pictures; several measures are joined by the mean of their ranks.</summary>
internal sealed class RankedLayerSelector(
    IReadOnlyList<LayerMeasure> measures, Func<IReadOnlyList<AttentionLayer>, IEnumerable<AttentionLayer>> take, string reason,
    string text) : ITextLayerSelector
{
    public string Text => text;

    public async ValueTask<LayerSelection> SelectAsync(LayerSelectionContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Meter is not { } meter)
            throw new LayerSelectionException($"Choosing layers by measurement ({reason}) needs pictures to measure on, and there are none here.");
        var measured = await meter.MeasureAsync(measures, cancellationToken).ConfigureAwait(false);
        var ranks = measures.Select(m => RankStatistics.Ranks([.. measured[m].Scores.Select(s => -s.Mean)])).ToArray();
        var ranked = context.Catalog.CrossAttention.OrderBy(l => ranks.Average(r => r[l.Index])).ThenBy(l => l.Index).ToArray();
        return new LayerSelection([.. take(ranked).OrderBy(l => l.Index)], reason);
    }

    /// <summary>The first k.</summary>
    internal static Func<IReadOnlyList<AttentionLayer>, IEnumerable<AttentionLayer>> First(int k) => ranked => k <= ranked.Count
        ? ranked.Take(k)
        : throw new LayerSelectionException($"{k} layers were asked for and the model has {ranked.Count}.");

    /// <summary>From the best on, each layer that still fits into a number of weights.</summary>
    internal static Func<IReadOnlyList<AttentionLayer>, IEnumerable<AttentionLayer>> Within(long parameters) => ranked =>
    {
        var chosen = new List<AttentionLayer>();
        foreach (var layer in ranked)
            if (chosen.Sum(l => l.KeyValueParameters) + layer.KeyValueParameters <= parameters) chosen.Add(layer);
        return chosen.Count > 0
            ? chosen
            : throw new LayerSelectionException($"No layer fits into {parameters} weights; the smallest has {ranked.Min(l => l.KeyValueParameters)}.");
    };
}
