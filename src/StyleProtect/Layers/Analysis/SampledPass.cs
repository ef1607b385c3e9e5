namespace StyleProtect.Layers.Analysis;

/// <summary>What the layers did in one step of sampling.</summary>
/// <param name="Timestep">The step's timestep.</param>
/// <param name="Layers">Each layer, with one row a prompt: of a guided step only the prompts' half.</param>
internal sealed record SampledPass(double Timestep, IReadOnlyList<LayerActivation> Layers);
