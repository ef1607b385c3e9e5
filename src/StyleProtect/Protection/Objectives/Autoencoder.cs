using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Models;
using static TorchSharp.torch;

namespace StyleProtect.Protection.Objectives;

/// <summary>An autoencoder as objectives use it. Every method is differentiable; tensors are fp32 at the boundary, whatever the weights' type.</summary>
public sealed class Autoencoder
{
    private readonly LatentAutoencoder _autoencoder;

    internal Autoencoder(LatentAutoencoder autoencoder) => _autoencoder = autoencoder;

    /// <summary>Pixels of a side for one place of the latents: 8 in Stable Diffusion.</summary>
    public int Downsampling => _autoencoder.Downsampling;

    /// <summary>Channels of the latents: 4 in Stable Diffusion.</summary>
    public int LatentChannels => _autoencoder.Network.LatentChannels;

    /// <summary>Whether the encoder gives the latents themselves instead of a distribution of them (diffusers' <c>AutoencoderTiny</c>).</summary>
    public bool IsDeterministic => _autoencoder.Network.IsDeterministic;

    /// <summary>Encodes pictures.</summary>
    /// <param name="pictures">[N, 3, H, W] in [−1, 1]; the sides are multiples of <see cref="Downsampling"/>.</param>
    public Posterior Encode(Tensor pictures) => new(_autoencoder.Posterior(_autoencoder.Moments(pictures)));

    /// <summary>The outputs of the encoder's levels, from the finest to the coarsest; the last one holds the moments.</summary>
    /// <param name="pictures">[N, 3, H, W] in [−1, 1].</param>
    /// <returns>One tensor [N, C, h, w] for each level.</returns>
    public IReadOnlyList<Tensor> EncodeStages(Tensor pictures)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        var outputs = new List<Tensor>();
        var h = TensorLayout.ChannelsLast(pictures.to(_autoencoder.WeightType));
        foreach (var level in _autoencoder.Network.EncoderLevels)
        {
            h = Encoder.Run(h, level);
            outputs.Add(h.to(float32));
        }

        return outputs;
    }

    /// <summary>Latents sampled from a posterior and scaled as the U-Net reads them.</summary>
    /// <param name="posterior">The distribution.</param>
    /// <param name="noise">Standard normal noise in the latents' shape; null takes the mean.</param>
    public Tensor Sample(Posterior posterior, Tensor? noise = null)
    {
        ArgumentNullException.ThrowIfNull(posterior);
        using var scope = NewDisposeScope();
        return _autoencoder.Sample(posterior.Moments, noise ?? zeros_like(posterior.Mean)).MoveToOuterDisposeScope();
    }

    /// <summary>Decodes scaled latents.</summary>
    /// <param name="latents">[N, C, h, w].</param>
    /// <returns>Pictures [N, 3, H, W] in about [−1, 1].</returns>
    public Tensor Decode(Tensor latents) => _autoencoder.Decode(latents);
}
