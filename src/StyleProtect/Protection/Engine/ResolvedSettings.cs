using StyleProtect.Metrics;
using StyleProtect.Protection.Surrogates;

namespace StyleProtect.Protection.Engine;

/// <summary>A request's options with nothing left open.</summary>
internal sealed record ResolvedSettings
{
    internal required double Epsilon { get; init; }

    internal required int Steps { get; init; }

    /// <summary>Samples of noise and timestep a step.</summary>
    internal required int NoiseSamples { get; init; }

    /// <summary>First step in 8-bit steps.</summary>
    internal required double StepSize { get; init; }

    /// <summary>By which share the step shrinks, linearly, until the end.</summary>
    internal required double Decay { get; init; }

    internal required long Seed { get; init; }

    internal required double LearningRate { get; init; }

    /// <summary>Training steps at a time of a surrogate that is trained between image steps; 0 without one.</summary>
    internal int SurrogateSteps { get; init; }

    /// <summary>Rounds over which the image steps are spread.</summary>
    internal int Rounds { get; init; } = 1;

    internal required bool OfficialScript { get; init; }

    /// <summary>Side of a view; null for the model's own.</summary>
    internal int? Resolution { get; init; }

    /// <summary>Bytes that the process may hold; null for what the machine has.</summary>
    internal long? MemoryLimit { get; init; }

    internal OuterLoopSettings OuterLoop => new(Steps, Rounds, SurrogateSteps, LearningRate, Seed);

    internal double StepSizeAt(int step) => StepSize * (1 - Decay * step / Math.Max(1, Steps));

    /// <summary>Validates options and fills in the method's budget.</summary>
    /// <exception cref="ProtectionException">A value is out of range, or the method does not use it; the message names it.</exception>
    internal static ResolvedSettings From(ProtectionOptions options)
    {
        var method = options.Method ?? throw new ProtectionException($"{nameof(ProtectionOptions.Method)} is null.");
        method.Validate();
        var budget = method.Budget(options.OfficialScript);
        var epsilon = options.Epsilon ?? budget.Epsilon;
        if (!(epsilon > 0) || epsilon > ProtectionOptions.MaxEpsilon)
            throw new ProtectionException($"ε must be above 0 and at most {ProtectionOptions.MaxEpsilon} (8-bit steps), not {epsilon}.");
        RequireRanges(options);
        RequireUse(options, method);
        RequireMetrics(options);
        return new ResolvedSettings
        {
            Epsilon = epsilon,
            Steps = method.Optimises ? options.Steps ?? budget.Steps : 0,
            NoiseSamples = options.NoiseSamples ?? budget.NoiseSamples,
            StepSize = method.Optimises ? options.StepSize ?? budget.StepSize.At(epsilon) : 0,
            Decay = options.StepSize is not null ? 0 : budget.Decay,
            Seed = options.Seed,
            LearningRate = options.LearningRate ?? budget.LearningRate,
            SurrogateSteps = method.OuterLoop is null ? 0 : options.SurrogateSteps ?? budget.SurrogateSteps,
            Rounds = budget.Rounds,
            OfficialScript = options.OfficialScript,
            Resolution = options.Resolution,
            MemoryLimit = options.MemoryLimit,
        };
    }

    /// <summary>
    /// The options as used, which make the same again: a step size would switch the method's decay off, and the random control takes no steps.
    /// </summary>
    /// <param name="asked">The options as given.</param>
    internal ProtectionOptions AsOptions(ProtectionOptions asked) => asked with
    {
        Epsilon = Epsilon,
        Steps = Steps > 0 ? Steps : null,
        NoiseSamples = Steps > 0 ? NoiseSamples : null,
        StepSize = Steps > 0 && Decay == 0 ? StepSize : null,
        LearningRate = asked.Method.Trains ? LearningRate : null,
        SurrogateSteps = SurrogateSteps > 0 ? SurrogateSteps : null,
    };

    private static void RequireRanges(ProtectionOptions options)
    {
        if (options.Steps is < 1 or > ProtectionOptions.MaxSteps)
            throw new ProtectionException($"The number of steps must be 1 to {ProtectionOptions.MaxSteps}, not {options.Steps}.");
        if (options.NoiseSamples is < 1 or > ProtectionOptions.MaxNoiseSamples)
            throw new ProtectionException($"The number of noise samples must be 1 to {ProtectionOptions.MaxNoiseSamples}, not {options.NoiseSamples}.");
        if (options.StepSize is { } size && (!(size > 0) || size > ProtectionOptions.MaxEpsilon))
            throw new ProtectionException($"The step size must be above 0 and at most {ProtectionOptions.MaxEpsilon} (8-bit steps), not {size}.");
        if (options.LearningRate is { } rate && !(rate is >= 0 and <= 1))
            throw new ProtectionException($"The learning rate must be 0 to 1, not {options.LearningRate}.");
        if (options.SurrogateSteps is < 1 or > ProtectionOptions.MaxSteps)
            throw new ProtectionException($"The surrogate's steps must be 1 to {ProtectionOptions.MaxSteps}, not {options.SurrogateSteps}.");
        if (options.MemoryLimit is <= 0) throw new ProtectionException($"The memory limit must be above 0 bytes, not {options.MemoryLimit}.");
        if (options.Resolution is <= 0 or > ProtectionOptions.MaxResolution)
            throw new ProtectionException($"The resolution must be 1 to {ProtectionOptions.MaxResolution} pixels, not {options.Resolution}.");
    }

    private static void RequireMetrics(ProtectionOptions options)
    {
        if (options.Metrics is null) throw new ProtectionException($"{nameof(options.Metrics)} is null; an empty list computes none.");
        try
        {
            PictureMetrics.Validate(options.Metrics);
        }
        catch (ArgumentException e)
        {
            throw new ProtectionException(e.Message, e);
        }
    }

    private static void RequireUse(ProtectionOptions options, ProtectionMethod method)
    {
        if (options.NoiseSamples > 1 && !method.UsesUNet)
            throw new ProtectionException($"{method.Name} asks no U-Net and samples neither noise nor timestep; leave {nameof(options.NoiseSamples)} out.");
        if (options.LearningRate is not null && !method.Trains)
            throw new ProtectionException($"{method.Name} trains nothing beside the image; leave {nameof(options.LearningRate)} out.");
        Refuse(options.SurrogateSteps, method.OuterLoop is not null, "trains no surrogate in turns", nameof(options.SurrogateSteps),
            m => m.OuterLoop is not null);
        Refuse(options.Target, method.TakesTarget, "draws to no target", nameof(options.Target), m => m.TakesTarget);
        Refuse(options.StyleEncoder, method.NeedsStyleEncoder, "uses no style encoder", nameof(options.StyleEncoder), m => m.NeedsStyleEncoder);
        var takesArtist = method.Needs.HasFlag(MethodNeeds.OtherArtist);
        Refuse(options.OtherArtist, takesArtist, "compares with no other artist", nameof(options.OtherArtist), m => m.Needs.HasFlag(MethodNeeds.OtherArtist));
        if (takesArtist && options.OtherArtist is not { Count: > 0 })
            throw new ProtectionException($"{method.Name} needs pictures of another artist: set {nameof(options.OtherArtist)}.");
        if (options.OtherArtist?.Any(a => a is null) == true)
            throw new ProtectionException($"A picture of {nameof(options.OtherArtist)} is null, which {method.Name} needs.");

        void Refuse(object? value, bool used, string why, string name, Predicate<ProtectionMethod> takes)
        {
            if (value is null || used) return;
            var others = ProtectionMethod.BuiltIn.Where(m => takes(m)).Select(m => m.Name).ToArray();
            throw new ProtectionException($"{method.Name} {why}; leave {name} out{(others.Length > 0 ? $", or take {string.Join(" or ", others)}" : "")}.");
        }
    }
}
