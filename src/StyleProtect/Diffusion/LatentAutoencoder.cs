using StyleProtect.Diffusion.Models;
using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion;

/// <summary>A loaded, frozen autoencoder with the conventions of latent diffusion: pictures in [−1, 1], latents shifted and scaled, fp32 at the
/// boundary.</summary>
internal sealed class LatentAutoencoder : IDisposable
{
    // diffusers' latents_mean and latents_std, [1, C, 1, 1]: they take the place of the shift, and the scale stays.
    private readonly (Tensor Mean, Tensor Std)? _channels;

    internal LatentAutoencoder(IAutoencoder network)
    {
        Network = network;
        var weight = network.Network.parameters().First();
        (WeightType, Device) = (weight.dtype, weight.device);
        if (network.Config is { LatentsMean: { } mean, LatentsStd: { } std }) _channels = (PerChannel(mean), PerChannel(std));
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
        if (_channels is not var (mean, std)) return latents.Sub(Network.ShiftFactor ?? 0).Mul(Network.ScalingFactor).MoveToOuterDisposeScope();
        return ((latents - mean).Mul(Network.ScalingFactor) / std).MoveToOuterDisposeScope();
    }

    /// <summary>Scaled latents to pictures [N, 3, H, W] in about [−1, 1], fp32.</summary>
    internal Tensor Decode(Tensor latents)
    {
        using var scope = NewDisposeScope();
        var z = latents.to(float32).Div(Network.ScalingFactor);
        z = _channels is var (mean, std) ? (z * std).Add(mean) : z.Add(Network.ShiftFactor ?? 0);
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

    public void Dispose()
    {
        _channels?.Mean.Dispose();
        _channels?.Std.Dispose();
        Network.Dispose();
    }

    private Tensor PerChannel(IReadOnlyList<double> values) =>
        tensor([.. values.Select(v => (float)v)], [1, values.Count, 1, 1], device: Device).DetachFromDisposeScope();
}
