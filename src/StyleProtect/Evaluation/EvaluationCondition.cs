using StyleProtect.Protection;

namespace StyleProtect.Evaluation;

/// <summary>What was done to the pictures before the mimic got them.</summary>
/// <param name="Name">Short name, for tables ("clean", "random", "styleprotect").</param>
/// <param name="Protection">The protection; null leaves the pictures as they are.</param>
public sealed record EvaluationCondition(string Name, ProtectionOptions? Protection)
{
    /// <summary>The name of the control without protection, which every evaluation has.</summary>
    public const string Clean = "clean";

    /// <summary>The controls and one protection at the same ε.</summary>
    /// <param name="protection">The protection.</param>
    public static IReadOnlyList<EvaluationCondition> WithControls(ProtectionOptions protection)
    {
        ArgumentNullException.ThrowIfNull(protection);
        return
        [
            new(Clean, null),
            new("random", protection with { Method = ProtectionMethod.RandomNoise, Layers = null, Steps = null, StepSize = null }),
            new(protection.Method.ToString().ToLowerInvariant(), protection),
        ];
    }
}
