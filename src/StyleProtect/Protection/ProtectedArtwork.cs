using StyleProtect.Artworks;

namespace StyleProtect.Protection;

/// <summary>A protected picture and how far it is from the original.</summary>
/// <param name="Artwork">The protected picture: size, bit depth, alpha and metadata of the original (in reference mode an 8-bit square of the model's size
/// without alpha and metadata).</param>
/// <param name="Psnr">Peak signal-to-noise ratio in dB over RGB; infinite when nothing changed.</param>
/// <param name="Ssim">Structural similarity, 7 × 7 uniform window, mean over the channels.</param>
/// <param name="LInfinity">Largest change of a sample, in 8-bit steps; never above ε (in reference mode the official script's rounding may add up to half a
/// step).</param>
public sealed record ProtectedArtwork(Artwork Artwork, double Psnr, double Ssim, double LInfinity)
{
    /// <summary>
    /// How far the autoencoder's latents moved: ‖μ(x′) − μ(x)‖ / ‖μ(x)‖ of the largest central square at the model's size, μ the middle of the latents'
    /// distribution. What the mimic learns from are the latents, so this is the perturbation as the mimic sees it; compare it with the random control's.
    /// </summary>
    public double LatentShift { get; init; }

    /// <summary>The values of <see cref="ProtectionOptions.Metrics"/> by their names; a metric that is not defined for the picture is not among them.</summary>
    public IReadOnlyDictionary<string, double> Metrics { get; init; } = new Dictionary<string, double>(StringComparer.Ordinal);
}
