namespace StyleProtect.Artworks;

/// <summary>The file formats that artworks are written to.</summary>
public enum ArtworkFormat
{
    /// <summary>PNG, 8 or 16 bit, lossless. The default.</summary>
    Png,

    /// <summary>Lossless WebP, 8 bit, at most 16,383 pixels a side.</summary>
    WebP,

    /// <summary>TIFF, 8 or 16 bit, lossless (deflate).</summary>
    Tiff,

    /// <summary>AVIF in its lossless mode (4:4:4, identity matrix), 8 bit, or 12 bit for a 16-bit artwork, at most 16,384 pixels a side.</summary>
    Avif,

    /// <summary>JPEG, 8 bit, no alpha. Lossy: it takes away part of a protection, so it is only written when asked for by name.</summary>
    Jpeg,
}
