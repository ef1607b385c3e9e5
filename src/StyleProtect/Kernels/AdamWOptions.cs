namespace StyleProtect.Kernels;

/// <summary>Settings of one AdamW step, with torch's defaults and meaning.</summary>
internal sealed record AdamWOptions
{
    /// <summary>Learning rate, 0 or more.</summary>
    public required double LearningRate { get; init; }

    /// <summary>Decay of the first moment, in [0,1).</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the second moment, in [0,1).</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the root of the second moment; above 0.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Decoupled weight decay, 0 or more.</summary>
    public double WeightDecay { get; init; } = 1e-2;

    /// <summary>Norm that all gradients together are clipped to, above 0; infinity for none.</summary>
    public double MaxGradientNorm { get; init; } = double.PositiveInfinity;

    /// <summary>Throws when a setting is out of range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A setting is out of range.</exception>
    public void Validate()
    {
        Setting.Require(LearningRate, LearningRate >= 0 && double.IsFinite(LearningRate), "must be finite and 0 or more.");
        Setting.Require(Beta1, Beta1 is >= 0 and < 1, "must lie in [0,1).");
        Setting.Require(Beta2, Beta2 is >= 0 and < 1, "must lie in [0,1).");
        Setting.Require(Epsilon, Epsilon > 0 && double.IsFinite(Epsilon), "must be finite and above 0.");
        Setting.Require(WeightDecay, WeightDecay >= 0 && double.IsFinite(WeightDecay), "must be finite and 0 or more.");
        Setting.Require(MaxGradientNorm, MaxGradientNorm > 0, "must be above 0 (infinity for no clipping).");
    }
}

/// <summary>What an AdamW step multiplies with, worked out once in fp64. Sequential, for the native ABI.</summary>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Sequential)]
internal readonly record struct AdamWStepFactors
{
    /// <summary>Weights are multiplied by 1 − lr·decay.</summary>
    internal float Decay { get; init; }

    internal float OneMinusBeta1 { get; init; }

    internal float Beta2 { get; init; }

    internal float OneMinusBeta2 { get; init; }

    /// <summary>1/√(1 − β₂ᵗ).</summary>
    internal float SecondScale { get; init; }

    internal float Epsilon { get; init; }

    /// <summary>lr / (1 − β₁ᵗ).</summary>
    internal float Rate { get; init; }

    /// <summary>Clipping factor of the gradients, at most 1.</summary>
    internal float GradientScale { get; init; }

    /// <summary>The factors of step number <paramref name="step"/> (from 1).</summary>
    internal static AdamWStepFactors Of(AdamWOptions options, int step, double norm) => new()
    {
        Decay = (float)(1 - options.LearningRate * options.WeightDecay),
        OneMinusBeta1 = (float)(1 - options.Beta1),
        Beta2 = (float)options.Beta2,
        OneMinusBeta2 = (float)(1 - options.Beta2),
        SecondScale = (float)(1 / Math.Sqrt(1 - Math.Pow(options.Beta2, step))),
        Epsilon = (float)options.Epsilon,
        Rate = (float)(options.LearningRate / (1 - Math.Pow(options.Beta1, step))),
        // torch.nn.utils.clip_grad_norm_ adds 1e-6 to the norm.
        GradientScale = (float)Math.Min(1, options.MaxGradientNorm / (norm + 1e-6)),
    };
}
