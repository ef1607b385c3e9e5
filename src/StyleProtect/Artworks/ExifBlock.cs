using System.Buffers.Binary;

namespace StyleProtect.Artworks;

/// <summary>What must be known of, and done to, an EXIF block. The block itself travels as bytes.</summary>
internal static class ExifBlock
{
    private const ushort Orientation = 0x0112;
    private const ushort XResolution = 0x011A;
    private const ushort YResolution = 0x011B;
    private const ushort ResolutionUnit = 0x0128;

    // Description, make, model, software, date, artist, copyright, Windows' title to subject: tags of EXIF's first directory that are no business of the
    // pixels.
    private static readonly HashSet<ushort> s_descriptive =
    [
        0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x8298, 0x9C9B, 0x9C9C, 0x9C9D, 0x9C9E, 0x9C9F, TiffDirectory.ExifPointer, TiffDirectory.GpsPointer,
    ];

    private static ReadOnlySpan<byte> Prefix => "Exif\0\0"u8;

    /// <summary>A copy whose orientation is "upright"; every other byte stays.</summary>
    public static byte[] WithOrientationReset(byte[] exif)
    {
        var copy = exif.ToArray();
        var tiff = copy.AsSpan(Start(copy));
        if (!TiffDirectory.TryReadHeader(tiff, out var bigEndian, out var offset)) return copy;
        var count = TiffDirectory.U16(tiff[(int)offset..], bigEndian);
        for (var i = 0; i < count; i++)
        {
            var at = (int)offset + 2 + (12 * i);
            if (at + 12 > tiff.Length) break;
            if (TiffDirectory.U16(tiff[at..], bigEndian) != Orientation) continue;
            TiffDirectory.Put16(tiff[(at + 2)..], 3, bigEndian);
            TiffDirectory.Put32(tiff[(at + 4)..], 1, bigEndian);
            tiff.Slice(at + 8, 4).Clear();
            TiffDirectory.Put16(tiff[(at + 8)..], 1, bigEndian);
        }
        return copy;
    }

    /// <summary>The resolution in pixels per millimetre, or zeros when the block does not say.</summary>
    public static (double X, double Y) Resolution(ReadOnlySpan<byte> exif)
    {
        if (TiffDirectory.Read(exif[Start(exif)..]) is not { } directory) return default;
        var unit = directory[ResolutionUnit] is { Type: 3, Value: [var low, ..] } ? low : 2;
        var millimetres = unit == 3 ? 10 : 25.4;
        return (Rational(directory[XResolution]) / millimetres, Rational(directory[YResolution]) / millimetres);
    }

    /// <summary>The descriptive tags and the EXIF and GPS directories of a TIFF file as an EXIF block; null when it has none.</summary>
    public static byte[]? FromTiff(ReadOnlySpan<byte> file)
    {
        if (TiffDirectory.Read(file)?.Where(e => s_descriptive.Contains(e.Tag)) is not { Entries.Count: > 0 } directory) return null;
        using var tiff = new MemoryStream();
        tiff.Write("II*\0\0\0\0\0"u8);
        var offset = directory.Append(tiff, bigEndian: false);
        var bytes = tiff.ToArray();
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), offset);
        return [.. Prefix, .. bytes];
    }

    /// <summary>A TIFF file with the block's descriptive tags and EXIF and GPS directories added; tags that the file has stay as they are.</summary>
    public static byte[] IntoTiff(byte[] file, ReadOnlySpan<byte> exif)
    {
        if (TiffDirectory.Read(exif[Start(exif)..]) is not { } source || !TiffDirectory.TryReadHeader(file, out var bigEndian, out var offset)) return file;
        var raw = new List<byte[]>();
        var present = new HashSet<ushort>();
        var count = TiffDirectory.U16(file.AsSpan((int)offset), bigEndian);
        for (var i = 0; i < count; i++)
        {
            raw.Add(file.AsSpan((int)offset + 2 + (12 * i), 12).ToArray());
            present.Add(TiffDirectory.U16(raw[i], bigEndian));
        }
        var added = source.Where(e => s_descriptive.Contains(e.Tag) && !present.Contains(e.Tag));
        if (added.Entries.Count == 0) return file;
        using var stream = new MemoryStream(file.Length + exif.Length + 1024);
        stream.Write(file);
        var directory = added.Append(stream, bigEndian, raw);
        var result = stream.ToArray();
        TiffDirectory.Put32(result.AsSpan(4), directory, bigEndian);
        return result;
    }

    private static int Start(ReadOnlySpan<byte> exif) => exif.StartsWith(Prefix) ? Prefix.Length : 0;

    private static double Rational(TiffEntry? entry)
    {
        if (entry is not { Type: 5, Value.Length: >= 8 }) return 0;
        var denominator = BinaryPrimitives.ReadUInt32LittleEndian(entry.Value.AsSpan(4));
        return denominator == 0 ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(entry.Value) / (double)denominator;
    }
}
