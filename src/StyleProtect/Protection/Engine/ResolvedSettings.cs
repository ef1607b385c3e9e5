using StyleProtect.Protection.Methods;

namespace StyleProtect.Protection.Engine;

/// <summary>A request's options with nothing left open.</summary>
internal sealed record ResolvedSettings
{
    private const int DefaultSteps = 60;

    internal required double Epsilon { get; init; }

    internal required int Steps { get; init; }

    /// <summary>First step in 8-bit steps.</summary>
    internal required double StepSize { get; init; }

    /// <summary>Whether the step shrinks linearly to a tenth.</summary>
    internal required bool Decays { get; init; }

    internal required long Seed { get; init; }

    internal required string Prompt { get; init; }

    internal required double LearningRate { get; init; }

    internal required bool Reference { get; init; }

    /// <summary>Random parts of each picture that are seen in a step, beside the whole.</summary>
    internal int Crops { get; init; } = 1;

    internal double StepSizeAt(int step) => Decays ? StepSize * (1 - 0.9 * step / Math.Max(1, Steps - 1)) : StepSize;

    /// <summary>Validates options and fills in the recipe's defaults.</summary>
    /// <exception cref="ProtectionException">A value is out of range; the message names it.</exception>
    internal static ResolvedSettings From(ProtectionOptions options, Recipe recipe)
    {
        if (!(options.Epsilon > 0) || options.Epsilon > ProtectionOptions.MaxEpsilon)
            throw new ProtectionException($"ε must be above 0 and at most {ProtectionOptions.MaxEpsilon} (8-bit steps), not {options.Epsilon}.");
        if (options.Steps is < 1 or > 100_000) throw new ProtectionException($"The number of steps must be 1 to 100,000, not {options.Steps}.");
        if (options.StepSize is { } size && (!(size > 0) || size > ProtectionOptions.MaxEpsilon))
            throw new ProtectionException($"The step size must be above 0 and at most {ProtectionOptions.MaxEpsilon} (8-bit steps), not {size}.");
        if (!(options.LearningRate >= 0) || options.LearningRate > 1) throw new ProtectionException($"The learning rate must be 0 to 1, not {options.LearningRate}.");
        return new ResolvedSettings
        {
            Epsilon = options.Epsilon,
            Steps = recipe.Optimises ? options.Steps ?? (options.Reference ? recipe.ReferenceSteps : DefaultSteps) : 0,
            StepSize = recipe.Optimises ? options.StepSize ?? (options.Reference ? recipe.ReferenceStepSize : options.Epsilon / 8) : 0,
            Decays = !options.Reference && options.StepSize is null,
            Seed = options.Seed,
            Prompt = options.Prompt ?? "a photo of an artwork",
            LearningRate = options.LearningRate,
            Reference = options.Reference,
        };
    }
}
