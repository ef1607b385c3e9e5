using StyleProtect.Diffusion;
using StyleProtect.Protection.Objectives;
using static TorchSharp.torch;

namespace StyleProtect.Protection.Engine;

/// <summary>The samples of noise and timestep of every step.</summary>
/// <param name="model">The model.</param>
/// <param name="generator">Draws everything.</param>
/// <param name="timesteps">Null for independent ones.</param>
/// <param name="samples">Samples a step.</param>
/// <param name="encodesMean">Whether the posterior's mean is taken.</param>
internal sealed class NoiseSampler(LatentDiffusionModel model, Generator generator, TimestepSequence? timesteps, int samples, bool encodesMean)
{
    /// <summary>The samples of one step.</summary>
    /// <param name="step">From 0.</param>
    /// <param name="shape">Of the latents.</param>
    internal NoiseSample[] Of(int step, long[] shape)
    {
        var drawn = Enumerable.Range(0, samples).Select(s => timesteps is null
            ? NoiseSample.Draw(shape, model.TrainTimesteps, generator, model.Device)
            : NoiseSample.Draw(shape, timesteps.At(step, s, samples, (int)shape[0]), generator, model.Device));
        return [.. drawn.Select(s => encodesMean ? s with { Posterior = zeros_like(s.Posterior) } : s)];
    }
}
