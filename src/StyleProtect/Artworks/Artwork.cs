namespace StyleProtect.Artworks;

/// <summary>
/// A picture in memory: RGB samples in the file's own colour space and bit depth, alpha apart, and everything that must survive
/// (ICC profile, EXIF, XMP, resolution). Immutable.
/// </summary>
public sealed class Artwork
{
    private readonly ushort[] _rgb;
    private readonly ushort[]? _alpha;

    internal Artwork(int width, int height, int bitDepth, ushort[] rgb, ushort[]? alpha, ArtworkMetadata metadata, string? sourcePath)
    {
        Width = width;
        Height = height;
        BitDepth = bitDepth;
        _rgb = rgb;
        _alpha = alpha;
        Metadata = metadata;
        SourcePath = sourcePath;
    }

    /// <summary>Width in pixels.</summary>
    public int Width { get; }

    /// <summary>Height in pixels.</summary>
    public int Height { get; }

    /// <summary>Bits a sample: 8 or 16.</summary>
    public int BitDepth { get; }

    /// <summary>Whether the picture has an alpha channel.</summary>
    public bool HasAlpha => _alpha is not null;

    /// <summary>What travels with the pixels.</summary>
    public ArtworkMetadata Metadata { get; }

    /// <summary>The file it was read from, or null.</summary>
    public string? SourcePath { get; }

    /// <summary>Interleaved RGB samples, row by row, 3·Width·Height values from 0 to 2^BitDepth − 1.</summary>
    public ReadOnlySpan<ushort> Rgb => _rgb;

    /// <summary>Alpha samples, Width·Height values from 0 (transparent) to 2^BitDepth − 1; empty without alpha.</summary>
    public ReadOnlySpan<ushort> Alpha => _alpha;

    internal ushort[] RgbArray => _rgb;

    internal ushort[]? AlphaArray => _alpha;
}
