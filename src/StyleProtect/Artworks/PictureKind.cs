namespace StyleProtect.Artworks;

/// <summary>The kinds of picture file that are read.</summary>
internal enum PictureKind
{
    Png,
    Jpeg,
    WebP,
    Tiff,
    Avif,
    Gif,
}
