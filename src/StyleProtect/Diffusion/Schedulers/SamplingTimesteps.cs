using StyleProtect.Diffusion.Checkpoints;

namespace StyleProtect.Diffusion.Schedulers;

/// <summary>
/// The sampling timesteps of the three spacings, with the rounding of the reference implementation
/// (half to even; sequences built as start + i·step).
/// </summary>
internal static class SamplingTimesteps
{
    /// <summary>Descending whole timesteps: DDPM, DDIM and, ascending before its repetition, PNDM.</summary>
    internal static double[] Whole(SchedulerConfig config, TimestepSpacing fallback, int steps) =>
        Spaced(config, fallback, steps, Array.ConvertAll(Linspace(0, config.NumTrainTimesteps - 1, steps), Math.Round));

    /// <summary>Descending timesteps that are fractions in linspace: Euler.</summary>
    internal static double[] Fractional(SchedulerConfig config, TimestepSpacing fallback, int steps) =>
        Spaced(config, fallback, steps, Array.ConvertAll(Linspace(0, config.NumTrainTimesteps - 1, steps), t => (double)(float)t));

    /// <summary>DPM-Solver's own: spread over one step more, whose end is left out; the noisiest part may be clipped.</summary>
    internal static double[] DpmSolver(SchedulerConfig config, TimestepSpacing fallback, int steps, int lastTimestep)
    {
        switch (config.TimestepSpacing ?? fallback)
        {
            case TimestepSpacing.Linspace:
                return Reversed(Array.ConvertAll(Linspace(0, lastTimestep - 1, steps + 1), Math.Round))[..steps];
            case TimestepSpacing.Leading:
                var ratio = lastTimestep / (steps + 1);
                // May exceed the last training timestep by the offset, as in the reference; its noise level is then the last one's.
                return [.. Enumerable.Range(1, steps).Reverse().Select(i => (double)(i * ratio) + config.StepsOffset)];
            default:
                return Inside(config, Trailing(lastTimestep, (double)config.NumTrainTimesteps / steps));
        }
    }

    internal static void Check(SchedulerConfig config, int steps)
    {
        if (steps < 1 || steps > config.NumTrainTimesteps)
            throw new ArgumentOutOfRangeException(nameof(steps), steps, $"The number of sampling steps must be 1 to {config.NumTrainTimesteps}.");
    }

    internal static double[] Linspace(double start, double stop, int count)
    {
        var values = new double[count];
        var step = count > 1 ? (stop - start) / (count - 1) : 0;
        for (var i = 0; i < count; i++) values[i] = start + i * step;
        if (count > 1) values[^1] = stop;
        return values;
    }

    private static double[] Spaced(SchedulerConfig config, TimestepSpacing fallback, int steps, double[] linspace)
    {
        switch (config.TimestepSpacing ?? fallback)
        {
            case TimestepSpacing.Linspace:
                return Reversed(linspace);
            case TimestepSpacing.Leading:
                var ratio = config.NumTrainTimesteps / steps;
                return Inside(config, [.. Enumerable.Range(0, steps).Reverse().Select(i => (double)(i * ratio) + config.StepsOffset)]);
            default:
                return Inside(config, Trailing(config.NumTrainTimesteps, (double)config.NumTrainTimesteps / steps));
        }
    }

    private static double[] Trailing(int start, double ratio)
    {
        var count = (int)Math.Ceiling(start / ratio);
        var delta = start - ratio - start;
        return [.. Enumerable.Range(0, count).Select(i => Math.Round(start + i * delta) - 1)];
    }

    private static double[] Inside(SchedulerConfig config, double[] timesteps) => timesteps[0] < config.NumTrainTimesteps
        ? timesteps
        : throw new CheckpointException(
            $"With steps_offset {config.StepsOffset} and {timesteps.Length} steps the first timestep {timesteps[0]} is beyond num_train_timesteps " +
            $"{config.NumTrainTimesteps}: use fewer steps.");

    private static double[] Reversed(double[] values)
    {
        Array.Reverse(values);
        return values;
    }
}
