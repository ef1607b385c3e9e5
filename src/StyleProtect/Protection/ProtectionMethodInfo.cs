namespace StyleProtect.Protection;

/// <summary>A method and its defaults.</summary>
/// <param name="Method">The method.</param>
/// <param name="Name">Its short name, as on the command line.</param>
/// <param name="Source">Where it was published.</param>
/// <param name="Description">What it does, in a sentence.</param>
/// <param name="DefaultLayers">The cross-attention layers whose K and V it trains: <c>paper</c>, <c>all</c> or <c>none</c>.</param>
/// <param name="Epsilon">ε by default, in 8-bit steps.</param>
/// <param name="Steps">Steps by default; null for a method that takes none.</param>
/// <param name="ReferenceEpsilon">ε of the official script (reference mode), in 8-bit steps.</param>
/// <param name="ReferenceSteps">Steps of the official script; null for a method that takes none.</param>
public sealed record ProtectionMethodInfo(
    ProtectionMethod Method, string Name, string Source, string Description, string DefaultLayers,
    double Epsilon, int? Steps, double ReferenceEpsilon, int? ReferenceSteps)
{
    /// <summary>Whether it can train K and V of chosen layers (<see cref="ProtectionOptions.Layers"/>).</summary>
    public bool TakesLayers { get; init; }
}
