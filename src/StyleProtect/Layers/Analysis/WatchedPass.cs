namespace StyleProtect.Layers.Analysis;

/// <summary>What the cross-attention layers did in one pass of the U-Net.</summary>
/// <param name="Timestep">The timestep, 0 for clean; a sampler's may lie between whole ones.</param>
/// <param name="Layers">In the catalog's order.</param>
public sealed record WatchedPass(double Timestep, IReadOnlyList<WatchedLayer> Layers);
