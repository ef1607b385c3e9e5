using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Models;

/// <summary>The autoencoder's posterior: a normal distribution with independent components.</summary>
/// <param name="moments">Means and log variances, [N, 2C, h, w]; the latents alone, [N, C, h, w], where the encoder is deterministic.</param>
/// <param name="isDeterministic">
/// Whether the encoder gives the latents themselves: the variance is then zero, every sample the mean, and the divergence is taken as zero, as in diffusers.
/// </param>
internal sealed class DiagonalGaussian(Tensor moments, bool isDeterministic = false)
{
    private const double LowestLogVariance = -30;

    internal Tensor Moments { get; } = moments;

    internal bool IsDeterministic { get; } = isDeterministic;

    internal Tensor Mean => IsDeterministic ? Moments.alias() : Moments.narrow(1, 0, Moments.shape[1] / 2);

    /// <summary>Log variances, clamped to [−30, 20]; −30 where the encoder is deterministic.</summary>
    internal Tensor LogVariance => IsDeterministic
        ? TensorMath.Full(Moments.shape, LowestLogVariance, Moments.dtype, Moments.device)
        : Moments.narrow(1, Moments.shape[1] / 2, Moments.shape[1] / 2).Clamp(LowestLogVariance, 20);

    internal Tensor StandardDeviation => IsDeterministic ? zeros_like(Moments) : LogVariance.Mul(0.5).exp();

    /// <summary>mean + std·noise; the gradient flows through both.</summary>
    internal Tensor Sample(Tensor noise)
    {
        if (IsDeterministic) return Mean;
        using var scope = NewDisposeScope();
        return Mean.Add(StandardDeviation * noise).MoveToOuterDisposeScope();
    }

    /// <summary>Kullback-Leibler divergence to N(0, 1), summed over all but the batch, [N].</summary>
    internal Tensor Kl()
    {
        if (IsDeterministic) return zeros(Moments.shape[0], Moments.dtype, Moments.device);
        using var scope = NewDisposeScope();
        var logVariance = LogVariance;
        return (Mean.Pow(2).Add(logVariance.exp()).Sub(1) - logVariance).sum([1L, 2, 3]).Mul(0.5).MoveToOuterDisposeScope();
    }
}
