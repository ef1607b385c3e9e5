using StyleProtect.Layers.Analysis;

namespace StyleProtect.Protection.Engine;

/// <summary>Measures layers on examples, on the engine thread.</summary>
internal delegate Task<LayerSensitivity> SensitivityMeasurement(IReadOnlyList<StyleExample> examples, SensitivityOptions options, CancellationToken cancellationToken);
