using StyleProtect.Artworks;

namespace StyleProtect.Protection;

/// <summary>A protected picture and how far it is from the original.</summary>
/// <param name="Artwork">The protected picture: size, bit depth, alpha and metadata of the original (in reference mode an 8-bit square of the model's size without alpha and metadata).</param>
/// <param name="Psnr">Peak signal-to-noise ratio in dB over RGB; infinite when nothing changed.</param>
/// <param name="Ssim">Structural similarity, 7 × 7 uniform window, mean over the channels.</param>
/// <param name="LInfinity">Largest change of a sample, in 8-bit steps; never above ε (in reference mode the official script's rounding may add up to half a step).</param>
public sealed record ProtectedArtwork(Artwork Artwork, double Psnr, double Ssim, double LInfinity);
