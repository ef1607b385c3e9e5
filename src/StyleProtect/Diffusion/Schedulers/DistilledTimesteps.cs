namespace StyleProtect.Diffusion.Schedulers;

/// <summary>The timesteps of models that were distilled from a teacher's walk (LCM, TCD): some of the teacher's.</summary>
internal static class DistilledTimesteps
{
    /// <summary>Descending timesteps of a walk.</summary>
    internal static double[] Of(SchedulerConfig config, int steps)
    {
        var teacher = config.OriginalInferenceSteps;
        if (steps < 1 || steps > teacher)
            throw new ArgumentOutOfRangeException(
                nameof(steps), steps, $"The number of sampling steps must be 1 to original_inference_steps = {teacher} for this scheduler.");
        var stride = config.NumTrainTimesteps / teacher;
        return [.. Enumerable.Range(0, steps).Select(i => (double)((teacher - (int)((long)i * teacher / steps)) * stride - 1))];
    }
}
