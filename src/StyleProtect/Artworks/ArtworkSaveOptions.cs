namespace StyleProtect.Artworks;

/// <summary>How a picture is written.</summary>
public sealed record ArtworkSaveOptions
{
    private readonly int _quality = 95;

    /// <summary>PNG, WebP, TIFF or AVIF by the file name's extension, nothing is overwritten.</summary>
    public static ArtworkSaveOptions Default { get; } = new();

    /// <summary>The format; null: by the file name's extension. JPEG must be asked for here.</summary>
    public ArtworkFormat? Format { get; init; }

    /// <summary>Whether an existing file, also the one that the artwork was read from, may be replaced.</summary>
    public bool Overwrite { get; init; }

    /// <summary>JPEG quality from 1 to 100; 95 by default. The other formats are lossless and do not use it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int Quality
    {
        get => _quality;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 100);
            _quality = value;
        }
    }
}
