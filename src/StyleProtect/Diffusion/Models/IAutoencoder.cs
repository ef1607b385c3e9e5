using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Diffusion.Models;

/// <summary>
/// What the engine needs of an autoencoder, whatever its architecture. The diffusion model of the family works on
/// (latents − <see cref="ShiftFactor"/>) · <see cref="ScalingFactor"/>.
/// </summary>
internal interface IAutoencoder : IDisposable
{
    /// <summary>diffusers' class, as in <c>AutoencoderKL</c>.</summary>
    string ClassName { get; }

    /// <summary>What it was built from.</summary>
    IAutoencoderConfig Config { get; }

    /// <summary>The network itself: its parameters, buffers and layers.</summary>
    Module Network { get; }

    /// <summary>Channels of the latents.</summary>
    int LatentChannels { get; }

    /// <summary>Pixels of a side for one place of the latents.</summary>
    int Downsampling { get; }

    /// <summary>The diffusion model works on latents times this factor.</summary>
    double ScalingFactor { get; }

    /// <summary>Subtracted from latents before scaling; null for none.</summary>
    double? ShiftFactor { get; }

    /// <summary>Side of the pictures that the model was trained on.</summary>
    int PictureSize { get; }

    /// <summary>Whether the encoder gives the latents themselves (<c>AutoencoderTiny</c>) instead of a distribution of them.</summary>
    bool IsDeterministic { get; }

    /// <summary>Whether there is a decoder; some files hold the encoder alone.</summary>
    bool CanDecode { get; }

    /// <summary>
    /// The encoder by levels, from the finest to the coarsest, each in pieces between which only one feature map lives: all of them in turn are what
    /// <see cref="EncodeMoments"/> computes.
    /// </summary>
    IReadOnlyList<IReadOnlyList<Func<Tensor, Tensor>>> EncoderLevels { get; }

    /// <summary>Encodes pictures [N, 3, H, W] in [−1, 1]. <see cref="DiagonalGaussian"/> reads the result.</summary>
    /// <returns>Means and log variances [N, 2C, h, w]; where <see cref="IsDeterministic"/>, the latents alone [N, C, h, w].</returns>
    Tensor EncodeMoments(Tensor pictures);

    /// <summary>Decodes latents [N, C, h, w] (not scaled) to pictures in about [−1, 1].</summary>
    /// <exception cref="InvalidOperationException">There is no decoder.</exception>
    Tensor Decode(Tensor latents);
}
