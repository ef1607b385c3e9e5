using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Models;

/// <summary>The autoencoder's posterior: a normal distribution with independent components.</summary>
/// <param name="moments">Means and log variances, [N, 2C, h, w].</param>
internal sealed class DiagonalGaussian(Tensor moments)
{
    internal Tensor Moments { get; } = moments;

    internal Tensor Mean => Moments.narrow(1, 0, Moments.shape[1] / 2);

    /// <summary>Log variances, clamped to [−30, 20].</summary>
    internal Tensor LogVariance => Moments.narrow(1, Moments.shape[1] / 2, Moments.shape[1] / 2).Clamp(-30, 20);

    internal Tensor StandardDeviation => LogVariance.Mul(0.5).exp();

    /// <summary>mean + std·noise; the gradient flows through both.</summary>
    internal Tensor Sample(Tensor noise)
    {
        using var scope = NewDisposeScope();
        return Mean.Add(StandardDeviation * noise).MoveToOuterDisposeScope();
    }

    /// <summary>Kullback-Leibler divergence to N(0, 1), summed over all but the batch, [N].</summary>
    internal Tensor Kl()
    {
        using var scope = NewDisposeScope();
        var logVariance = LogVariance;
        return (Mean.Pow(2).Add(logVariance.exp()).Sub(1) - logVariance).sum([1L, 2, 3]).Mul(0.5).MoveToOuterDisposeScope();
    }
}
