using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Schedulers;

/// <summary>Timesteps and noise levels of the schedulers that walk in the variance-exploding form: Euler, Heun, DPM2 and LMS.</summary>
internal static class ExplodingLevels
{
    /// <summary>The timesteps of a walk (fractions where they are spread evenly), and the levels before each of its steps and after the last one.</summary>
    internal static (double[] Timesteps, double[] Sigmas) Of(SchedulerConfig config, double[] table, int steps, FinalSigma final = FinalSigma.Zero)
    {
        var timesteps = SamplingTimesteps.Fractional(config, TimestepSpacing.Linspace, steps);
        var sigmas = SigmaTable.At(table, timesteps);
        if (config.UseKarrasSigmas)
        {
            sigmas = SigmaTable.Karras(sigmas[0], sigmas[^1], steps);
            timesteps = Array.ConvertAll(sigmas, s => (double)(float)SigmaTable.TimestepOf(s, table));
        }

        return (timesteps, [.. sigmas.Select(s => (double)(float)s), final == FinalSigma.SigmaMin ? table[0] : 0]);
    }

    /// <summary>Standard deviation of the noise that a walk starts from.</summary>
    internal static double InitNoiseSigma(SchedulerConfig config, double[] sigmas)
    {
        var most = sigmas.Max();
        return (config.TimestepSpacing ?? TimestepSpacing.Linspace) == TimestepSpacing.Leading ? Math.Sqrt(most * most + 1) : most;
    }

    /// <summary>The sample with the variance that the model was trained on.</summary>
    internal static Tensor Scaled(Tensor sample, double sigma) => sample.Div(Math.Sqrt(sigma * sigma + 1));
}
