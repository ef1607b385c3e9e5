namespace StyleProtect.Layers.Analysis;

/// <summary>A layer's score in one measure.</summary>
/// <param name="Mean">Mean over prompts, seeds and timesteps.</param>
/// <param name="Spread">Standard deviation over them.</param>
/// <param name="ByTimestep">Mean at each of <see cref="LayerSensitivity.Timesteps"/>; empty for a measure that has no timestep.</param>
public sealed record LayerScore(double Mean, double Spread, IReadOnlyList<double> ByTimestep);
