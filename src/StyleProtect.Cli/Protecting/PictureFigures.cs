using StyleProtect.Artworks;
using StyleProtect.Cli.Backends;
using StyleProtect.Protection;

namespace StyleProtect.Cli.Protecting;

/// <summary>Size and quality figures of a protected picture.</summary>
internal sealed record PictureFigures
{
    public required int OriginalWidth { get; init; }

    public required int OriginalHeight { get; init; }

    public required int Width { get; init; }

    public required int Height { get; init; }

    public required int BitDepth { get; init; }

    public required double Psnr { get; init; }

    public required double Ssim { get; init; }

    public required double LInfinity { get; init; }

    public required double LatentShift { get; init; }

    public required long FileBytes { get; init; }

    public required bool IsPixelExact { get; init; }

    /// <summary>What had to be changed while reading, squashing or writing, each a sentence for the user.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    /// <summary>Whether the result has another size than the original (reference mode).</summary>
    internal bool IsSquashed => (Width, Height) != (OriginalWidth, OriginalHeight);

    internal static PictureFigures Of(Artwork original, ProtectedArtwork result, SavedPicture file, bool reference) => new()
    {
        OriginalWidth = original.Width,
        OriginalHeight = original.Height,
        Width = result.Artwork.Width,
        Height = result.Artwork.Height,
        BitDepth = result.Artwork.BitDepth,
        Psnr = result.Psnr,
        Ssim = result.Ssim,
        LInfinity = result.LInfinity,
        LatentShift = result.LatentShift,
        FileBytes = file.Bytes,
        IsPixelExact = file.IsPixelExact,
        Notes = [.. original.Metadata.Notes, .. ReferenceNote(original, result.Artwork, reference), .. file.Notes],
    };

    private static string[] ReferenceNote(Artwork original, Artwork result, bool reference) => !reference ? [] :
    [
        $"Reference mode: squashed from {original.Width} × {original.Height} to {result.Width} × {result.Height} pixels, 8 bits, without alpha and metadata, " +
        "as the official script does; the figures compare with the squashed original.",
    ];
}
