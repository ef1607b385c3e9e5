using static TorchSharp.torch;

namespace StyleProtect.Protection.Objectives;

/// <summary>One sample of a step's random tensors, in the order in which the official script draws them.</summary>
/// <param name="Posterior">Noise of the autoencoder's sample [N, C, h, w].</param>
/// <param name="Noise">Diffusion noise [N, C, h, w].</param>
/// <param name="Timesteps">int64 [N].</param>
internal sealed record NoiseSample(Tensor Posterior, Tensor Noise, Tensor Timesteps)
{
    /// <summary>Drawn from a generator; the same on every device.</summary>
    internal static NoiseSample Draw(long[] shape, int timesteps, Generator generator, Device device) => new(
        randn(shape, generator: generator).to(device),
        randn(shape, generator: generator).to(device),
        randint(0, timesteps, [shape[0]], dtype: ScalarType.Int64, generator: generator).to(device));

    /// <summary>Drawn for given timesteps.</summary>
    internal static NoiseSample Draw(long[] shape, long[] timesteps, Generator generator, Device device) => new(
        randn(shape, generator: generator).to(device), randn(shape, generator: generator).to(device), tensor(timesteps, device: device));

    /// <summary>The sample of some of the views.</summary>
    internal NoiseSample Narrow(long start, long length) =>
        new(Posterior.narrow(0, start, length), Noise.narrow(0, start, length), Timesteps.narrow(0, start, length));
}
