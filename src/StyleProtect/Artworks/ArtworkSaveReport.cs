namespace StyleProtect.Artworks;

/// <summary>What was written.</summary>
/// <param name="Path">Full path of the file.</param>
/// <param name="Format">The format written.</param>
/// <param name="Bytes">Size of the file.</param>
/// <param name="IsPixelExact">
/// Whether reading the file back gives exactly the artwork's samples. PNG and TIFF: always; WebP: for 8-bit artworks; AVIF: found out by decoding what was
/// encoded; JPEG: never.
/// </param>
/// <param name="Notes">What the format could not hold or changed, each a sentence for the user; empty when nothing was lost.</param>
public sealed record ArtworkSaveReport(string Path, ArtworkFormat Format, long Bytes, bool IsPixelExact, IReadOnlyList<string> Notes);
