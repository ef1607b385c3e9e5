namespace StyleProtect.Layers.Analysis;

/// <summary>Names of the measures as the command line and files write them.</summary>
public static class LayerMeasures
{
    /// <summary>All measures.</summary>
    public static IReadOnlyList<LayerMeasure> All { get; } = Enum.GetValues<LayerMeasure>();

    /// <summary>The measures that need no image encoder.</summary>
    public static IReadOnlyList<LayerMeasure> WithoutEncoder { get; } = [LayerMeasure.Style, LayerMeasure.Response, LayerMeasure.Gradient, LayerMeasure.Drift];

    /// <summary>A measure's name: <c>style</c>, <c>response</c>, <c>gradient</c>, <c>drift</c>, <c>similarity</c>, <c>rank-similarity</c>.</summary>
    /// <param name="measure">The measure.</param>
    public static string NameOf(LayerMeasure measure) => measure switch
    {
        LayerMeasure.Style => "style",
        LayerMeasure.Response => "response",
        LayerMeasure.Gradient => "gradient",
        LayerMeasure.Drift => "drift",
        LayerMeasure.Similarity => "similarity",
        LayerMeasure.RankSimilarity => "rank-similarity",
        _ => throw new ArgumentOutOfRangeException(nameof(measure), measure, "There is no such measure."),
    };

    /// <summary>Reads a measure's name.</summary>
    /// <param name="name">The name.</param>
    /// <exception cref="LayerSelectionException">There is no such measure; the message lists them.</exception>
    public static LayerMeasure Parse(string name)
    {
        foreach (var measure in All)
            if (NameOf(measure) == name) return measure;
        throw new LayerSelectionException($"There is no measure '{name}'; there are {string.Join(", ", All.Select(NameOf))}.");
    }
}
