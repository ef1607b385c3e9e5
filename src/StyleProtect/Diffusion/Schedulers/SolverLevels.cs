namespace StyleProtect.Diffusion.Schedulers;

/// <summary>Timesteps and noise levels of the DPM-Solver family, and its coordinates: α, σ and λ = log(α/σ) of a level of the exploding form.</summary>
internal static class SolverLevels
{
    /// <summary>The timesteps of a walk, and the levels before each of its steps and after the last one.</summary>
    /// <param name="config">The settings.</param>
    /// <param name="table">The levels by training timestep.</param>
    /// <param name="steps">Sampling steps.</param>
    /// <param name="clipped">Training timesteps at the noisy end that are left out.</param>
    /// <param name="final">The last level; null for the settings' own.</param>
    internal static (double[] Timesteps, double[] Sigmas) Of(SchedulerConfig config, double[] table, int steps, int clipped, FinalSigma? final = null)
    {
        var timesteps = SamplingTimesteps.DpmSolver(config, TimestepSpacing.Linspace, steps, config.NumTrainTimesteps - clipped);
        var sigmas = SigmaTable.At(table, timesteps);
        if (config.UseKarrasSigmas)
        {
            sigmas = SigmaTable.Karras(table[^1], table[0], steps);
            timesteps = Array.ConvertAll(sigmas, s => Math.Round(SigmaTable.TimestepOf(s, table)));
        }

        var last = (final ?? config.FinalSigmasType) == FinalSigma.SigmaMin ? table[0] : 0;
        return (timesteps, [.. sigmas.Select(s => (double)(float)s), last]);
    }

    internal static (double Alpha, double Sigma) Split(double level)
    {
        var alpha = 1 / Math.Sqrt(level * level + 1);
        return (alpha, level * alpha);
    }

    internal static double Lambda(double level) => -Math.Log(level);
}
