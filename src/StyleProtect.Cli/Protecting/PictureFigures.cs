using StyleProtect.Cli.Backends;
using StyleProtect.Protection;

namespace StyleProtect.Cli.Protecting;

/// <summary>Size and quality figures of a protected picture.</summary>
internal sealed record PictureFigures(int Width, int Height, int BitDepth, double Psnr, double Ssim, double LInfinity, long FileBytes, bool IsPixelExact, IReadOnlyList<string> Notes)
{
    internal static PictureFigures Of(ProtectedArtwork protectedArtwork, SavedPicture file, IReadOnlyList<string> notes) => new(
        protectedArtwork.Artwork.Width, protectedArtwork.Artwork.Height, protectedArtwork.Artwork.BitDepth,
        protectedArtwork.Psnr, protectedArtwork.Ssim, protectedArtwork.LInfinity, file.Bytes, file.IsPixelExact, notes);
}
