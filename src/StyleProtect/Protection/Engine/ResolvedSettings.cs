using StyleProtect.Artworks;
using StyleProtect.Protection.Methods;

namespace StyleProtect.Protection.Engine;

/// <summary>A request's options with nothing left open.</summary>
internal sealed record ResolvedSettings
{
    internal const string DefaultPrompt = "a photo of an artwork";

    internal required double Epsilon { get; init; }

    internal required int Steps { get; init; }

    /// <summary>Draws of noise and timestep a step.</summary>
    internal required int Draws { get; init; }

    /// <summary>First step in 8-bit steps.</summary>
    internal required double StepSize { get; init; }

    /// <summary>By which share the step shrinks, linearly, until the end.</summary>
    internal required double Decay { get; init; }

    internal required long Seed { get; init; }

    internal required string Prompt { get; init; }

    internal required double LearningRate { get; init; }

    /// <summary>Training steps at a time of a surrogate that is trained in turns; 0 without one.</summary>
    internal int SurrogateSteps { get; init; }

    /// <summary>Picture steps between two turns.</summary>
    internal int StepsOfRound { get; init; } = 1;

    internal required bool Reference { get; init; }

    /// <summary>Side of a view; null for the model's own.</summary>
    internal int? Resolution { get; init; }

    /// <summary>Bytes that the process may hold; null for what the machine has.</summary>
    internal long? MemoryLimit { get; init; }

    /// <summary>The target picture; null for the recipe's own.</summary>
    internal required Artwork? Target { get; init; }

    /// <summary>Random parts of each picture that are seen in a step, beside the whole.</summary>
    internal int Crops { get; init; } = 1;

    internal double StepSizeAt(int step) => StepSize * (1 - Decay * step / Math.Max(1, Steps));

    /// <summary>Validates options and fills in the recipe's defaults.</summary>
    /// <exception cref="ProtectionException">A value is out of range; the message names it.</exception>
    internal static ResolvedSettings From(ProtectionOptions options, Recipe recipe)
    {
        var epsilon = options.Epsilon ?? (options.Reference ? recipe.ReferenceEpsilon : ProtectionStrength.Medium.Epsilon);
        if (!(epsilon > 0) || epsilon > ProtectionOptions.MaxEpsilon)
            throw new ProtectionException($"ε must be above 0 and at most {ProtectionOptions.MaxEpsilon} (8-bit steps), not {epsilon}.");
        if (options.Steps is < 1 or > ProtectionOptions.MaxSteps) throw new ProtectionException($"The number of steps must be 1 to {ProtectionOptions.MaxSteps}, not {options.Steps}.");
        if (options.Draws is < 1 or > ProtectionOptions.MaxDraws) throw new ProtectionException($"The number of draws must be 1 to {ProtectionOptions.MaxDraws}, not {options.Draws}.");
        if (options.Draws > 1 && !recipe.AsksUNet) throw new ProtectionException($"{recipe.Name} asks no U-Net and draws neither noise nor timestep; leave Draws out.");
        if (options.StepSize is { } size && (!(size > 0) || size > ProtectionOptions.MaxEpsilon))
            throw new ProtectionException($"The step size must be above 0 and at most {ProtectionOptions.MaxEpsilon} (8-bit steps), not {size}.");
        if (options.LearningRate is { } rate && !(rate is >= 0 and <= 1)) throw new ProtectionException($"The learning rate must be 0 to 1, not {options.LearningRate}.");
        if (options.LearningRate is not null && !recipe.Trains) throw new ProtectionException($"{recipe.Name} trains nothing beside the picture; leave LearningRate out.");
        if (options.SurrogateSteps is < 1 or > ProtectionOptions.MaxSteps) throw new ProtectionException($"The surrogate's steps must be 1 to {ProtectionOptions.MaxSteps}, not {options.SurrogateSteps}.");
        if (options.SurrogateSteps is not null && recipe.Surrogate is null) throw new ProtectionException($"{recipe.Name} trains no surrogate in turns; leave SurrogateSteps out, or take {string.Join(" or ", Recipe.All.Where(r => r.Surrogate is not null).Select(r => r.Name))}.");
        if (options.Target is not null && !recipe.TakesTarget) throw new ProtectionException($"{recipe.Name} draws to no target; leave Target out, or take {string.Join(" or ", Recipe.All.Where(r => r.TakesTarget).Select(r => r.Name))}.");
        if (options.StyleEncoder is not null && !recipe.NeedsStyleEncoder) throw new ProtectionException($"{recipe.Name} uses no style encoder; leave StyleEncoder out, or take {string.Join(" or ", Recipe.All.Where(r => r.NeedsStyleEncoder).Select(r => r.Name))}.");
        if (options.MemoryLimit is <= 0) throw new ProtectionException($"The memory limit must be above 0 bytes, not {options.MemoryLimit}.");
        if (options.Resolution is <= 0 or > ProtectionOptions.MaxResolution) throw new ProtectionException($"The resolution must be 1 to {ProtectionOptions.MaxResolution} pixels, not {options.Resolution}.");
        var steps = recipe.Optimises ? options.Steps ?? (options.Reference ? recipe.ReferenceSteps : recipe.Steps) : 0;
        return new ResolvedSettings
        {
            Epsilon = epsilon,
            Steps = steps,
            Draws = options.Draws ?? (options.Reference ? 1 : recipe.Draws),
            StepSize = recipe.Optimises ? options.StepSize ?? (options.Reference ? recipe.ReferenceStepSize : epsilon * recipe.StepShare) : 0,
            Decay = options.StepSize is not null ? 0 : options.Reference ? recipe.ReferenceDecay : 0.9,
            Seed = options.Seed,
            Prompt = options.Prompt ?? DefaultPrompt,
            LearningRate = options.LearningRate ?? recipe.LearningRate(options.Reference),
            SurrogateSteps = recipe.Surrogate is not { } turns ? 0 : options.SurrogateSteps ?? (options.Reference ? turns.ReferenceSteps : turns.Steps),
            StepsOfRound = recipe.Surrogate is not { } plan ? 1 : Math.Max(1, (int)Math.Ceiling(steps / (double)(options.Reference ? plan.ReferenceRounds : plan.Rounds))),
            Reference = options.Reference,
            Target = options.Target,
            Resolution = options.Resolution,
            MemoryLimit = options.MemoryLimit,
        };
    }
}
