namespace StyleProtect.Protection;

/// <summary>What a method spends when the request does not say: ε, steps, step size, samples, training.</summary>
public sealed record MethodBudget
{
    /// <summary>ε in 8-bit steps (of 255).</summary>
    public double Epsilon { get; init; } = ProtectionStrength.Medium.Epsilon;

    /// <summary>Image steps.</summary>
    public int Steps { get; init; }

    /// <summary>Samples of noise and timestep a step, whose mean gradient the step follows.</summary>
    public int NoiseSamples { get; init; } = 1;

    /// <summary>The first step.</summary>
    public StepSize StepSize { get; init; }

    /// <summary>By which share the step shrinks, linearly, until the last one; 0 for a constant step, below 1.</summary>
    public double Decay { get; init; }

    /// <summary>Learning rate (AdamW) of what is trained beside the image.</summary>
    public double LearningRate { get; init; } = 1e-5;

    /// <summary>Training steps of the surrogate at a time, for methods whose outer loop trains one.</summary>
    public int SurrogateSteps { get; init; }

    /// <summary>Rounds of the outer loop; the image steps are spread over them.</summary>
    public int Rounds { get; init; } = 1;

    /// <summary>Few long steps, each along the mean gradient of four noise samples: measured for the denoising loss (docs/performance.md).</summary>
    public static MethodBudget FewLongSteps { get; } = new() { Steps = 20, NoiseSamples = 4, StepSize = StepSize.ShareOfEpsilon(1.0 / 2), Decay = 0.9 };

    /// <summary>Many small steps, for objectives whose gradient has little noise: a target is approached in small ones.</summary>
    public static MethodBudget ManySmallSteps { get; } = new() { Steps = 60, StepSize = StepSize.ShareOfEpsilon(1.0 / 8), Decay = 0.9 };
}

/// <summary>A step size that is absolute or a share of ε.</summary>
/// <param name="Value">8-bit steps, or the share.</param>
/// <param name="IsShareOfEpsilon">Whether it is a share of ε.</param>
public readonly record struct StepSize(double Value, bool IsShareOfEpsilon)
{
    /// <summary>An absolute size in 8-bit steps.</summary>
    /// <param name="value">Above 0.</param>
    public static StepSize Absolute(double value) => new(value, false);

    /// <summary>A share of ε.</summary>
    /// <param name="share">Above 0.</param>
    public static StepSize ShareOfEpsilon(double share) => new(share, true);

    /// <summary>The size at an ε, in 8-bit steps.</summary>
    /// <param name="epsilon">ε in 8-bit steps.</param>
    public double At(double epsilon) => IsShareOfEpsilon ? Value * epsilon : Value;
}
