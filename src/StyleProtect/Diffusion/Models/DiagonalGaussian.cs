using TorchSharp;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Models;

/// <summary>The autoencoder's posterior: a normal distribution with independent components.</summary>
/// <param name="moments">Means and log variances, [N, 2C, h, w].</param>
internal sealed class DiagonalGaussian(Tensor moments)
{
    internal Tensor Moments { get; } = moments;

    internal Tensor Mean => Moments.narrow(1, 0, Moments.shape[1] / 2);

    /// <summary>Log variances, clamped to [−30, 20].</summary>
    internal Tensor LogVariance
    {
        get
        {
            using Scalar low = -30, high = 20; // held through the call, see AttentionCore
            return Moments.narrow(1, Moments.shape[1] / 2, Moments.shape[1] / 2).clamp(low, high);
        }
    }

    internal Tensor StandardDeviation
    {
        get
        {
            using Scalar half = 0.5;
            return LogVariance.mul(half).exp();
        }
    }

    /// <summary>mean + std·noise; the gradient flows through both.</summary>
    internal Tensor Sample(Tensor noise)
    {
        using var scope = NewDisposeScope();
        return (Mean + StandardDeviation * noise).MoveToOuterDisposeScope();
    }

    /// <summary>Kullback-Leibler divergence to N(0, 1), summed over all but the batch, [N].</summary>
    internal Tensor Kl()
    {
        using var scope = NewDisposeScope();
        var logVariance = LogVariance;
        return (0.5 * (Mean.pow(2) + logVariance.exp() - 1 - logVariance).sum([1L, 2, 3])).MoveToOuterDisposeScope();
    }
}
