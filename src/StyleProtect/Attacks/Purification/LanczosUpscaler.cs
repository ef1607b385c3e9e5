using StyleProtect.Artworks;

namespace StyleProtect.Attacks.Purification;

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
