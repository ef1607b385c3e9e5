namespace StyleProtect.Layers.Analysis;

/// <summary>Measures the model's layers on the pictures that a selection is made for.</summary>
public interface ISensitivityMeter
{
    /// <summary>Measures.</summary>
    /// <param name="measures">The measures that are needed.</param>
    /// <param name="cancellationToken">Stops between two passes.</param>
    /// <exception cref="LayerSelectionException">The model or the words cannot be measured; the message says why.</exception>
    Task<LayerSensitivity> MeasureAsync(IReadOnlyList<LayerMeasure> measures, CancellationToken cancellationToken = default);
}
