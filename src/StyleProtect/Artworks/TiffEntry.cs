namespace StyleProtect.Artworks;

/// <summary>One entry of a TIFF or EXIF directory: its value with little-endian elements, or the directory that it points to.</summary>
internal sealed record TiffEntry(ushort Tag, ushort Type, uint Count, byte[] Value, TiffDirectory? Child = null)
{
    /// <summary>Bytes of one element of a TIFF type; 0 for a type that does not exist. Rationals are pairs of 4-byte numbers.</summary>
    public static int SizeOf(ushort type) => type switch
    {
        1 or 2 or 6 or 7 => 1,
        3 or 8 => 2,
        4 or 9 or 11 or 13 => 4,
        5 or 10 or 12 => 8,
        _ => 0,
    };

    /// <summary>Turns the bytes of every element around, which changes the byte order of the value.</summary>
    public static void Swap(Span<byte> value, ushort type)
    {
        var size = type is 5 or 10 ? 4 : SizeOf(type);
        if (size < 2) return;
        for (var at = 0; at + size <= value.Length; at += size) value.Slice(at, size).Reverse();
    }
}
