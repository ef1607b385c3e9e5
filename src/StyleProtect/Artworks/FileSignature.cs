using System.Buffers.Binary;
using System.Text;

namespace StyleProtect.Artworks;

/// <summary>Tells by its first bytes what a file is; the extension is never trusted.</summary>
internal static class FileSignature
{
    /// <summary>The kind of picture, or null when it is none that we read.</summary>
    public static PictureKind? Identify(ReadOnlySpan<byte> file)
    {
        if (file.StartsWith((ReadOnlySpan<byte>)[0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])) return PictureKind.Png;
        if (file.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF])) return PictureKind.Jpeg;
        if (file.Length >= 12 && file.StartsWith("RIFF"u8) && file[8..].StartsWith("WEBP"u8)) return PictureKind.WebP;
        if (file.StartsWith("II*\0"u8) || file.StartsWith("MM\0*"u8) || file.StartsWith("II+\0"u8) || file.StartsWith("MM\0+"u8)) return PictureKind.Tiff;
        if (file.StartsWith("GIF87a"u8) || file.StartsWith("GIF89a"u8)) return PictureKind.Gif;
        return HasBrand(file, "avif"u8) || HasBrand(file, "avis"u8) ? PictureKind.Avif : null;
    }

    /// <summary>What a file is that we do not read, in words.</summary>
    public static string Describe(ReadOnlySpan<byte> file)
    {
        if (file.IsEmpty) return "an empty file";
        if (file.StartsWith("%PDF"u8)) return "a PDF document";
        if (file.StartsWith("8BPS"u8)) return "a Photoshop document";
        if (file.StartsWith("BM"u8) && file.Length > 26) return "a BMP picture";
        if (file.StartsWith("#?RADIANCE"u8) || file.StartsWith("#?RGBE"u8) || file.StartsWith((ReadOnlySpan<byte>)[0x76, 0x2F, 0x31, 0x01]))
            return "a high-dynamic-range picture";
        if (file.StartsWith((ReadOnlySpan<byte>)[0xFF, 0x0A]) || (file.Length > 12 && file[4..].StartsWith("JXL "u8))) return "a JPEG XL picture";
        if (file.Length > 12 && file[4..].StartsWith("jP  "u8)) return "a JPEG 2000 picture";
        if (HasBrand(file, "heic"u8) || HasBrand(file, "heix"u8) || HasBrand(file, "mif1"u8)) return "a HEIC picture";
        if (file.StartsWith("PK\x03\x04"u8)) return "a ZIP archive";
        var head = file[..Math.Min(file.Length, 1024)];
        if (!IsText(head)) return "an unknown kind of file";
        var text = Encoding.UTF8.GetString(head);
        if (text.Contains("<svg", StringComparison.OrdinalIgnoreCase)) return "an SVG drawing";
        if (text.Contains("<html", StringComparison.OrdinalIgnoreCase) || text.Contains("<!doctype html", StringComparison.OrdinalIgnoreCase))
            return "a web page";
        return "a text file";
    }

    /// <summary>Whether an ISO media file names the brand as its own or among the compatible ones.</summary>
    private static bool HasBrand(ReadOnlySpan<byte> file, ReadOnlySpan<byte> brand)
    {
        if (file.Length < 16 || !file[4..].StartsWith("ftyp"u8)) return false;
        var end = (int)Math.Min(BinaryPrimitives.ReadUInt32BigEndian(file), (uint)Math.Min(file.Length, 256));
        for (var at = 8; at + 4 <= end; at += 4)
            if (at != 12 && file[at..].StartsWith(brand)) return true;
        return false;
    }

    private static bool IsText(ReadOnlySpan<byte> head)
    {
        foreach (var b in head)
            if (b < 0x20 && b is not ((byte)'\t' or (byte)'\n' or (byte)'\r' or 0x0C or 0x1B)) return false;
        return true;
    }
}
