namespace StyleProtect.Kernels;

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
