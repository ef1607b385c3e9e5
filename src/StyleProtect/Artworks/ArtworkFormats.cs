namespace StyleProtect.Artworks;

/// <summary>File name extensions and sizes of the formats.</summary>
internal static class ArtworkFormats
{
    /// <summary>The format that a file name asks for, or null when its extension is not one of ours.</summary>
    public static ArtworkFormat? FromPath(string path) => Path.GetExtension(path).ToUpperInvariant() switch
    {
        ".PNG" => ArtworkFormat.Png,
        ".WEBP" => ArtworkFormat.WebP,
        ".TIF" or ".TIFF" => ArtworkFormat.Tiff,
        ".AVIF" => ArtworkFormat.Avif,
        ".JPG" or ".JPEG" or ".JPE" or ".JFIF" => ArtworkFormat.Jpeg,
        _ => null,
    };

    public static string Extension(ArtworkFormat format) => format switch
    {
        ArtworkFormat.Png => ".png",
        ArtworkFormat.WebP => ".webp",
        ArtworkFormat.Tiff => ".tif",
        ArtworkFormat.Avif => ".avif",
        ArtworkFormat.Jpeg => ".jpg",
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "Not a format that artworks are written to."),
    };

    public static string Name(ArtworkFormat format) => format switch
    {
        ArtworkFormat.Png => "PNG",
        ArtworkFormat.Tiff => "TIFF",
        ArtworkFormat.Avif => "AVIF",
        ArtworkFormat.Jpeg => "JPEG",
        _ => format.ToString(),
    };

    /// <summary>The longest side that the format (or its encoder) can hold.</summary>
    public static int MaxSide(ArtworkFormat format) => format switch
    {
        ArtworkFormat.WebP => 16_383,
        ArtworkFormat.Avif => 16_384,
        ArtworkFormat.Jpeg => 65_535,
        _ => int.MaxValue,
    };
}
