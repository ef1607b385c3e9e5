namespace StyleProtect.Diffusion.Checkpoints.SingleFile;

/// <summary>
/// How a diffusion model scales an autoencoder's latents: (latents − shift) · scale. Shapes do not say it; encoding and decoding do not depend on it.
/// </summary>
/// <param name="Name">The models of the family.</param>
/// <param name="ScalingFactor">The factor.</param>
/// <param name="ShiftFactor">The shift; null for none.</param>
/// <param name="PictureSize">Side of the pictures that these models were trained on.</param>
internal sealed record LatentFamily(string Name, double ScalingFactor, double? ShiftFactor, int PictureSize)
{
    internal static LatentFamily StableDiffusion { get; } = new("Stable Diffusion 1.x and 2.x", 0.18215, null, 512);

    internal static LatentFamily StableDiffusionXl { get; } = new("Stable Diffusion XL", 0.13025, null, 1024);

    internal static LatentFamily StableDiffusion3 { get; } = new("Stable Diffusion 3", 1.5305, 0.0609, 1024);

    internal static LatentFamily Flux { get; } = new("FLUX.1", 0.3611, 0.1159, 1024);

    /// <summary>FLUX.2 scales by statistics of 2 × 2 patches, which belong to its transformer.</summary>
    internal static LatentFamily Flux2 { get; } = new("FLUX.2", 1, null, 1024);

    /// <summary>The family of an autoencoder that comes alone.</summary>
    /// <param name="latentChannels">Channels of the latents.</param>
    /// <param name="hasQuantConv">Whether there are convolutions between encoder, latents and decoder.</param>
    /// <param name="hint">The file's name and what its metadata say about the model.</param>
    /// <returns>The family, and why that one.</returns>
    internal static (LatentFamily Family, string Why) Of(int latentChannels, bool hasQuantConv, string hint)
    {
        bool Says(params ReadOnlySpan<string> words)
        {
            foreach (var word in words)
                if (hint.Contains(word, StringComparison.OrdinalIgnoreCase)) return true;
            return false;
        }

        return latentChannels switch
        {
            4 when Says("xl") => (StableDiffusionXl, "4 latent channels, and 'xl' in its name"),
            4 => (StableDiffusion, "4 latent channels, and no 'xl' in its name"),
            16 when !hasQuantConv && Says("sd3", "sd-3", "sd_3", "stable-diffusion-3", "stable_diffusion_3") =>
                (StableDiffusion3, "16 latent channels, and Stable Diffusion 3 in its name"),
            16 when !hasQuantConv => (Flux, "16 latent channels without quant_conv, and no Stable Diffusion 3 in its name"),
            32 => (Flux2, "32 latent channels"),
            _ => (new LatentFamily("an unknown model", 1, null, 512), $"{latentChannels} latent channels, which no known family has"),
        };
    }
}
