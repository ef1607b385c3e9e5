using StyleProtect.Kernels;

namespace StyleProtect.Attacks.Mimicry;

/// <summary>The factor of the learning rate at a step.</summary>
internal static class LearningRateFactor
{
    /// <summary>The optimiser's settings at a step of an attack.</summary>
    /// <param name="options">Rate, schedule, steps.</param>
    /// <param name="step">Steps done before this one.</param>
    internal static AdamWOptions Settings(AttackOptions options, int step) => new()
    {
        LearningRate = options.LearningRate * At(options.Schedule, step, options.WarmupSteps, options.Steps),
        MaxGradientNorm = 1,
    };

    /// <param name="schedule">The schedule.</param>
    /// <param name="step">Steps done before this one, 0 to <paramref name="steps"/>.</param>
    /// <param name="warmup">Steps of the warm-up.</param>
    /// <param name="steps">Steps in all.</param>
    internal static double At(LearningRateSchedule schedule, int step, int warmup, int steps)
    {
        if (step < warmup) return (double)step / warmup;
        var progress = (double)(step - warmup) / Math.Max(1, steps - warmup);
        return schedule switch
        {
            LearningRateSchedule.Linear => Math.Max(0, 1 - progress),
            LearningRateSchedule.Cosine => Math.Max(0, 0.5 * (1 + Math.Cos(Math.PI * progress))),
            _ => 1,
        };
    }
}
