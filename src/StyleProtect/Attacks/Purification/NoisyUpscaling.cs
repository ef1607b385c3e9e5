using StyleProtect.Artworks;

namespace StyleProtect.Attacks.Purification;

/// <summary>
/// Noisy upscaling (Hönig et al. 2024, "Adversarial perturbations cannot reliably protect artists from generative AI"): Gaussian noise drowns the perturbation,
/// an upscaler takes
/// noise and perturbation out while it enlarges, and the picture goes back to its size.
/// </summary>
internal static class NoisyUpscaling
{
    /// <exception cref="InvalidOperationException">The upscaler did not enlarge the picture.</exception>
    internal static Artwork Apply(Artwork artwork, double sigma, IUpscaler upscaler)
    {
        var large = upscaler.Upscale(sigma > 0 ? PictureNoise.Add(artwork, sigma) : artwork);
        if (large.Width < artwork.Width || large.Height < artwork.Height)
            throw new InvalidOperationException(
                $"The upscaler '{upscaler.Name}' made {large.Width} × {large.Height} of {artwork.Width} × {artwork.Height} pixels.");
        return artwork.WithPlanarRgb(Resizing.Resize(large.ToPlanarRgb(), large.Width, large.Height, artwork.Width, artwork.Height));
    }
}

/// <summary>Twice the size by Lanczos interpolation: knows nothing of pictures, so of a noisy upscaling it leaves little more than the noise.</summary>
internal sealed class LanczosUpscaler : IUpscaler
{
    public string Name => "Lanczos";

    public Artwork Upscale(Artwork artwork)
    {
        var (width, height) = (2 * artwork.Width, 2 * artwork.Height);
        return Planar.ToArtwork(Resizing.Resize(artwork.ToPlanarRgb(), artwork.Width, artwork.Height, width, height), width, height);
    }
}
