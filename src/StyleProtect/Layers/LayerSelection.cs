namespace StyleProtect.Layers;

/// <summary>The chosen layers, in name order; may be empty (then no weight is trained).</summary>
/// <param name="Layers">The layers.</param>
/// <param name="Reason">How they were chosen, for the report.</param>
public sealed record LayerSelection(IReadOnlyList<AttentionLayer> Layers, string Reason);
