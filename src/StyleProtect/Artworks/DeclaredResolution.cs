using System.Buffers.Binary;

namespace StyleProtect.Artworks;

/// <summary>
/// Whether a file itself states its resolution. libvips gives 72 pixels an inch to those that do not, which must not be mistaken for a statement.
/// </summary>
internal static class DeclaredResolution
{
    public static bool IsIn(ReadOnlySpan<byte> file, PictureKind kind) => kind switch
    {
        PictureKind.Png => InPng(file),
        PictureKind.Jpeg => InJpeg(file),
        // A BigTIFF cannot be looked into here; libvips' word is taken.
        PictureKind.Tiff => TiffDirectory.Read(file) is not { } directory || directory[0x011A] is not null,
        _ => false,
    };

    /// <summary>A pHYs chunk in metres, before the pixels.</summary>
    private static bool InPng(ReadOnlySpan<byte> file)
    {
        for (var at = 8L; at + 21 <= file.Length;)
        {
            var chunk = file[(int)at..];
            if (chunk[4..].StartsWith("IDAT"u8)) return false;
            if (chunk[4..].StartsWith("pHYs"u8)) return chunk[16] == 1;
            at += 12L + BinaryPrimitives.ReadUInt32BigEndian(chunk);
        }
        return false;
    }

    /// <summary>A JFIF segment with dots per inch or per centimetre; it is always the first one.</summary>
    private static bool InJpeg(ReadOnlySpan<byte> file) =>
        file.Length > 18 && file[3] == 0xE0 && file[6..].StartsWith("JFIF\0"u8) && file[13] is 1 or 2;
}
