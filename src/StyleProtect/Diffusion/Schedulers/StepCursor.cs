namespace StyleProtect.Diffusion.Schedulers;

/// <summary>Where in its timesteps a scheduler is: found at the first step, then counted, because rounded timesteps may repeat.</summary>
internal sealed class StepCursor
{
    private int? _index;

    internal void Reset() => _index = null;

    internal int At(double[] timesteps, double timestep)
    {
        if (timesteps.Length == 0) throw SchedulerStep.NotStarted();
        var index = _index ??= First(timesteps, timestep);
        return index < timesteps.Length
            ? index
            : throw new InvalidOperationException($"All {timesteps.Length} steps are done: call SetTimesteps for a new walk.");
    }

    internal void Advance() => _index++;

    /// <summary>A timestep that occurs twice means its second position, so that no noise level is skipped when a walk starts in the middle.</summary>
    private static int First(double[] timesteps, double timestep)
    {
        var first = Array.FindIndex(timesteps, t => Math.Abs(t - timestep) < 1e-3);
        if (first < 0) throw new ArgumentOutOfRangeException(nameof(timestep), timestep, "The timestep is not one of Timesteps.");
        return first + 1 < timesteps.Length && timesteps[first + 1] == timesteps[first] ? first + 1 : first;
    }
}
