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

    /// <summary>Whether it draws to a target picture (<see cref="ProtectionOptions.Target"/>).</summary>
    public bool TakesTarget { get; init; }

    /// <summary>Whether it uses a style encoder (<see cref="ProtectionOptions.StyleEncoder"/>).</summary>
    public bool TakesStyleEncoder { get; init; }

    /// <summary>Noise samples a step by default; null for a method that does not ask the U-Net.</summary>
    public int? NoiseSamples { get; init; }

    /// <summary>Noise samples a step in the official script; null for a method that does not ask the U-Net.</summary>
    public int? ReferenceNoiseSamples { get; init; }

    /// <summary>The first step by default, in 8-bit steps; null for a method that takes none.</summary>
    public double? StepSize { get; init; }

    /// <summary>The first step of the official script, in 8-bit steps; null for a method that takes none.</summary>
    public double? ReferenceStepSize { get; init; }

    /// <summary>Learning rate by default of what is trained beside the picture; null where nothing is.</summary>
    public double? LearningRate { get; init; }

    /// <summary>Learning rate of the official script; null where nothing is trained.</summary>
    public double? ReferenceLearningRate { get; init; }

    /// <summary>Training steps of the surrogate at a time by default; null without a surrogate.</summary>
    public int? SurrogateSteps { get; init; }

    /// <summary>Training steps of the surrogate at a time in the official script; null without a surrogate.</summary>
    public int? ReferenceSurrogateSteps { get; init; }
}
