using StyleProtect.Layers.Analysis;

namespace StyleProtect.Layers;

/// <summary>The selectors that come with the library.</summary>
public static class LayerSelectors
{
    /// <summary>The four layers of the StyleProtect paper (Stable Diffusion 1.x topology).</summary>
    public static ILayerSelector Paper { get; } = new PaperLayerSelector();

    /// <summary>Every cross-attention layer (CAAT).</summary>
    public static ILayerSelector All { get; } = new PatternLayerSelector("*");

    /// <summary>None: no weight is trained (AdvDM).</summary>
    public static ILayerSelector None { get; } = new PatternLayerSelector();

    /// <summary>Layers by name or glob pattern (<c>up_blocks.1.*</c>); a name may leave out its <c>.transformer_blocks.0.attn2</c>.</summary>
    /// <param name="patterns">Names or patterns; one that matches nothing is an error that names the nearest layers.</param>
    public static ILayerSelector Named(params string[] patterns) => new PatternLayerSelector(patterns);

    /// <summary>The k layers that are highest in a measure, measured on the request's own pictures.</summary>
    /// <param name="measure">One of the measures that need no image encoder.</param>
    /// <param name="k">Number of layers, 1 or more.</param>
    public static ILayerSelector TopK(LayerMeasure measure, int k)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        return new RankedLayerSelector([measure], RankedLayerSelector.First(k), $"the {k} layers highest in '{LayerMeasures.NameOf(measure)}'",
            $"topk:{LayerMeasures.NameOf(measure)}:{k}");
    }

    /// <summary>The k layers that are highest in the mean rank of the measures that need no image encoder.</summary>
    /// <param name="k">Number of layers, 1 or more.</param>
    public static ILayerSelector Ensemble(int k)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        return new RankedLayerSelector(
            LayerMeasures.WithoutEncoder, RankedLayerSelector.First(k),
            $"the {k} layers highest in the mean rank of {LayerMeasures.WithoutEncoder.Count} measures", $"ensemble:{k}");
    }

    /// <summary>As many of the layers highest in the mean rank as fit into a number of K and V weights.</summary>
    /// <param name="parameters">Weights, 1 or more.</param>
    public static ILayerSelector Budget(long parameters)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(parameters, 1);
        return new RankedLayerSelector(
            LayerMeasures.WithoutEncoder, RankedLayerSelector.Within(parameters), $"the layers highest in the mean rank that fit into {parameters} weights",
            $"budget:{parameters}");
    }

    /// <summary>Layers drawn at random: the control.</summary>
    /// <param name="k">Number of layers, 1 or more.</param>
    /// <param name="seed">The same seed draws the same layers.</param>
    public static ILayerSelector Random(int k, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        return new RandomLayerSelector(k, seed);
    }

    /// <summary>
    /// Stable Diffusion XL's style group without its layout group; derived from InstantStyle (Wang et al. 2024), not from the StyleProtect paper.
    /// </summary>
    public static ILayerSelector StyleMinusLayout { get; } = new StyleMinusLayoutSelector();

    /// <summary>
    /// Reads the command line's form: <c>paper</c>, <c>all</c>, <c>none</c>, <c>style-minus-layout</c>, <c>topk:style:4</c>, <c>ensemble:4</c>,
    /// <c>budget:100000</c>,
    /// <c>random:4:1</c> (number and seed), or names and patterns separated by commas.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <exception cref="ArgumentException">The text is empty.</exception>
    /// <exception cref="LayerSelectionException">A number or a measure in it is wrong; the message says which.</exception>
    public static ILayerSelector Parse(string text)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(text);
        return text.Trim() switch
        {
            "paper" => Paper,
            "all" => All,
            "none" => None,
            "style-minus-layout" => StyleMinusLayout,
            var argued when argued.Contains(':', StringComparison.Ordinal) => SelectorText.Parse(argued),
            var list => Named(list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)),
        };
    }
}
