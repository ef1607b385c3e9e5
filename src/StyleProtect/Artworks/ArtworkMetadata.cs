namespace StyleProtect.Artworks;

/// <summary>What travels with the pixels from the input file to the output file.</summary>
public sealed record ArtworkMetadata
{
    /// <summary>Nothing.</summary>
    public static ArtworkMetadata None { get; } = new();

    /// <summary>The embedded ICC profile, or null (then sRGB is meant).</summary>
    public ReadOnlyMemory<byte>? IccProfile { get; init; }

    /// <summary>The EXIF block, or null. Its orientation has been applied to the pixels and reset.</summary>
    public ReadOnlyMemory<byte>? Exif { get; init; }

    /// <summary>The XMP packet, or null.</summary>
    public ReadOnlyMemory<byte>? Xmp { get; init; }

    /// <summary>Horizontal resolution in pixels per millimetre; 0 when not known.</summary>
    public double PixelsPerMillimetreX { get; init; }

    /// <summary>Vertical resolution in pixels per millimetre; 0 when not known.</summary>
    public double PixelsPerMillimetreY { get; init; }

    /// <summary>What had to be changed while reading (for example "converted from CMYK to sRGB"), for the user's report.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}
