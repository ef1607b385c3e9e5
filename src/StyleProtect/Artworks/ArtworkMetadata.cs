namespace StyleProtect.Artworks;

/// <summary>What travels with the pixels from the input file to the output file.</summary>
public sealed record ArtworkMetadata
{
    /// <summary>Nothing.</summary>
    public static ArtworkMetadata None { get; } = new();

    /// <summary>The embedded ICC profile (always one for RGB), or null (then sRGB is meant).</summary>
    public ReadOnlyMemory<byte>? IccProfile { get; init; }

    /// <summary>
    /// The EXIF block (with or without the leading "Exif\0\0"), or null. Its orientation has been applied to the pixels and reset. For a TIFF it is made of the
    /// file's descriptive tags (artist, copyright, date, …) and its EXIF and GPS directories.
    /// </summary>
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
