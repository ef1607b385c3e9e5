using StyleProtect.Attacks;

namespace StyleProtect.Evaluation;

/// <summary>What is compared, with which mimic.</summary>
public sealed record EvaluationOptions
{
    /// <summary>The conditions; one has to be the clean control.</summary>
    public required IReadOnlyList<EvaluationCondition> Conditions { get; init; }

    /// <summary>What the mimic does to the pictures first, each as <see cref="Attacks.Purification.Purifiers.Parse"/> reads it; "none" for nothing.</summary>
    public IReadOnlyList<string> Purifiers { get; init; } = [EvaluationRun.NoPurifier];

    /// <summary>The mimic.</summary>
    public required AttackOptions Attack { get; init; }

    /// <summary>What the mimic paints, the same for every condition.</summary>
    public required IReadOnlyList<string> Prompts { get; init; }

    /// <summary>Seeds of the attack: each is one repetition of every condition.</summary>
    public IReadOnlyList<long> Seeds { get; init; } = [1, 2, 3];

    /// <summary>Name of the artist, for the report.</summary>
    public string Artist { get; init; } = "the artist";
}
