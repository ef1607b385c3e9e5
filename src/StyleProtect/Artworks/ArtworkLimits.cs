namespace StyleProtect.Artworks;

/// <summary>How large a file may be before it is opened, and how many pixels it may claim before it is decoded.</summary>
public sealed record ArtworkLimits
{
    private readonly long _maxPixels = 100_000_000;
    private readonly long _maxFileBytes = 512L * 1024 * 1024;

    /// <summary>100 megapixels and 512 MiB.</summary>
    public static ArtworkLimits Default { get; } = new();

    /// <summary>Most pixels (width × height) of a picture; 100,000,000 by default. At least 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is below 1.</exception>
    public long MaxPixels
    {
        get => _maxPixels;
        init { ArgumentOutOfRangeException.ThrowIfLessThan(value, 1); _maxPixels = value; }
    }

    /// <summary>Most bytes of a picture file; 512 MiB by default. From 1 to <see cref="Array.MaxLength"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public long MaxFileBytes
    {
        get => _maxFileBytes;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, Array.MaxLength);
            _maxFileBytes = value;
        }
    }
}
