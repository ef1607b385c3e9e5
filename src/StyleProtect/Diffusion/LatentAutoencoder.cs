using StyleProtect.Diffusion.Models;
using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion;

/// <summary>A loaded, frozen autoencoder with the conventions of latent diffusion: pictures in [−1, 1], latents shifted and scaled, fp32 at the boundary.</summary>
internal sealed class LatentAutoencoder : IDisposable
{
    internal LatentAutoencoder(IAutoencoder network)
    {
        Network = network;
        var weight = network.Network.parameters().First();
        (WeightType, Device) = (weight.dtype, weight.device);
    }

    internal IAutoencoder Network { get; }

    /// <summary>Element type of the frozen weights.</summary>
    internal ScalarType WeightType { get; }

    internal Device Device { get; }

    /// <summary>The operations that the layers compute with.</summary>
    internal ILayerOperations Operations { get; set; } = FusedOperations.Instance;

    /// <summary>By how much a side of a picture shrinks to the latent.</summary>
    internal int Downsampling => Network.Downsampling;

    /// <summary>Pictures [N, 3, H, W] in [−1, 1] to the moments of their latents, fp32.</summary>
    internal Tensor Moments(Tensor pictures)
    {
        using var scope = NewDisposeScope();
        // The moments are few: sampling in fp32 keeps the small deviations of a well-trained autoencoder.
        return Network.EncodeMoments(Operations.Arrange(pictures.to(WeightType))).to(float32).MoveToOuterDisposeScope();
    }

    /// <summary>The distribution that moments stand for.</summary>
    internal DiagonalGaussian Posterior(Tensor moments) => new(moments, Network.IsDeterministic);

    /// <summary>Moments to scaled latents, sampled with the given noise.</summary>
    internal Tensor Sample(Tensor moments, Tensor posteriorNoise)
    {
        using var scope = NewDisposeScope();
        var latents = Posterior(moments).Sample(posteriorNoise);
        return latents.Sub(Network.ShiftFactor ?? 0).Mul(Network.ScalingFactor).MoveToOuterDisposeScope();
    }

    /// <summary>Scaled latents to pictures [N, 3, H, W] in about [−1, 1], fp32.</summary>
    internal Tensor Decode(Tensor latents)
    {
        using var scope = NewDisposeScope();
        var z = latents.to(float32).Div(Network.ScalingFactor).Add(Network.ShiftFactor ?? 0);
        return Network.Decode(Operations.Arrange(z.to(WeightType))).to(float32).MoveToOuterDisposeScope();
    }

    /// <summary>Shape of the latents of pictures of a size.</summary>
    internal long[] LatentShape(long count, long height, long width) =>
        [count, Network.LatentChannels, height / Network.Downsampling, width / Network.Downsampling];

    /// <summary>Shape of the moments of pictures of a size.</summary>
    internal long[] MomentShape(long count, long height, long width)
    {
        var shape = LatentShape(count, height, width);
        if (!Network.IsDeterministic) shape[1] *= 2;
        return shape;
    }

    public void Dispose() => Network.Dispose();
}
