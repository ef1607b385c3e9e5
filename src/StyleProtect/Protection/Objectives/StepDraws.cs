using static TorchSharp.torch;

namespace StyleProtect.Protection.Objectives;

/// <summary>The random tensors of one step, in the order in which the official script draws them.</summary>
/// <param name="Posterior">Noise of the autoencoder's sample [N, C, h, w].</param>
/// <param name="Noise">Diffusion noise [N, C, h, w].</param>
/// <param name="Timesteps">int64 [N].</param>
internal sealed record StepDraws(Tensor Posterior, Tensor Noise, Tensor Timesteps)
{
    /// <summary>What the views show without the perturbation [N, 3, h, w], for objectives that compare with it.</summary>
    internal Tensor? Originals { get; init; }

    /// <summary>Draws from a generator; the same on every device.</summary>
    internal static StepDraws Sample(long[] shape, int timesteps, Generator generator, Device device) => new(
        randn(shape, generator: generator).to(device),
        randn(shape, generator: generator).to(device),
        randint(0, timesteps, [shape[0]], dtype: ScalarType.Int64, generator: generator).to(device));

    /// <summary>Draws at given timesteps.</summary>
    internal static StepDraws Sample(long[] shape, long[] timesteps, Generator generator, Device device) => new(
        randn(shape, generator: generator).to(device), randn(shape, generator: generator).to(device), tensor(timesteps, device: device));

    /// <summary>The draws of some of the views.</summary>
    internal StepDraws Narrow(long start, long length) =>
        new(Posterior.narrow(0, start, length), Noise.narrow(0, start, length), Timesteps.narrow(0, start, length)) { Originals = Originals?.narrow(0, start, length) };
}
