namespace StyleProtect.Layers.Analysis;

/// <summary>How much style each cross-attention layer of a model carries, by several measures.</summary>
public sealed record LayerSensitivity
{
    /// <summary>The layers.</summary>
    public required LayerCatalog Catalog { get; init; }

    /// <summary>The measures that were taken.</summary>
    public required IReadOnlyList<MeasureResult> Measures { get; init; }

    /// <summary>Measures that were asked for and could not be taken, and why.</summary>
    public required IReadOnlyDictionary<LayerMeasure, string> Skipped { get; init; }

    /// <summary>Kendall's τ between every two measures.</summary>
    public required IReadOnlyList<MeasureAgreement> Agreements { get; init; }

    /// <summary>The timesteps to which the pictures were noised.</summary>
    public required IReadOnlyList<int> Timesteps { get; init; }

    /// <summary>For each layer, the mean relative change of its output when the style words change.</summary>
    public required IReadOnlyList<double> StyleResponse { get; init; }

    /// <summary>For each layer, the mean relative change of its output when the content words change.</summary>
    public required IReadOnlyList<double> ContentResponse { get; init; }

    /// <summary>The result of a measure.</summary>
    /// <exception cref="LayerSelectionException">It was not taken; the message says why.</exception>
    public MeasureResult this[LayerMeasure measure] => Measures.FirstOrDefault(m => m.Measure == measure)
        ?? throw new LayerSelectionException(
            $"The measure '{LayerMeasures.NameOf(measure)}' was not taken: {Skipped.GetValueOrDefault(measure, "it was not asked for")}.");
}
