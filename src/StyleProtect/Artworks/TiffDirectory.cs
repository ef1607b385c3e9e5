using System.Buffers.Binary;

namespace StyleProtect.Artworks;

/// <summary>
/// A directory of a TIFF structure (a TIFF file or an EXIF block) with the EXIF, GPS and interoperability directories below it. Reading trusts nothing: entries
/// that point outside the data are left out.
/// </summary>
internal sealed class TiffDirectory
{
    public const ushort ExifPointer = 0x8769;
    public const ushort GpsPointer = 0x8825;
    private const ushort InteroperabilityPointer = 0xA005;
    private const int MaxDepth = 3;
    private const int MaxValueBytes = 1 << 20;

    private TiffDirectory(IReadOnlyList<TiffEntry> entries) => Entries = entries;

    public IReadOnlyList<TiffEntry> Entries { get; }

    public TiffEntry? this[ushort tag] => Entries.FirstOrDefault(e => e.Tag == tag);

    /// <summary>The same directory with only the tags wanted.</summary>
    public TiffDirectory Where(Func<TiffEntry, bool> wanted) => new([.. Entries.Where(wanted)]);

    /// <summary>Reads the first directory of a classic TIFF structure; null when it is none (or a BigTIFF).</summary>
    public static TiffDirectory? Read(ReadOnlySpan<byte> tiff) =>
        TryReadHeader(tiff, out var bigEndian, out var offset) ? ReadAt(tiff, offset, bigEndian, 0) : null;

    /// <summary>Whether this is a BigTIFF, whose directories have another layout.</summary>
    public static bool IsBigTiff(ReadOnlySpan<byte> tiff) => tiff.StartsWith("II+\0"u8) || tiff.StartsWith("MM\0+"u8);

    /// <summary>Byte order and offset of the first directory.</summary>
    public static bool TryReadHeader(ReadOnlySpan<byte> tiff, out bool bigEndian, out uint offset)
    {
        bigEndian = false;
        offset = 0;
        if (tiff.Length < 14) return false;
        bigEndian = tiff.StartsWith("MM\0*"u8);
        if (!bigEndian && !tiff.StartsWith("II*\0"u8)) return false;
        offset = U32(tiff[4..], bigEndian);
        return offset >= 8 && offset <= tiff.Length - 6;
    }

    /// <summary>
    /// Writes this directory and those below it to the end of a stream that holds a TIFF structure, plus raw 12-byte entries (already in the stream's byte
    /// order, their values already in place), sorted by tag; returns the directory's offset.
    /// </summary>
    public uint Append(MemoryStream stream, bool bigEndian, IReadOnlyList<byte[]>? rawEntries = null)
    {
        var rows = new List<(ushort Tag, byte[] Row)>();
        foreach (var raw in rawEntries ?? []) rows.Add((U16(raw, bigEndian), raw));
        foreach (var entry in Entries)
        {
            var row = new byte[12];
            Put16(row, entry.Tag, bigEndian);
            Put16(row.AsSpan(2), entry.Type, bigEndian);
            Put32(row.AsSpan(4), entry.Count, bigEndian);
            if (entry.Child is { } child)
            {
                Put32(row.AsSpan(8), child.Append(stream, bigEndian), bigEndian);
            }
            else
            {
                var value = entry.Value.ToArray();
                if (bigEndian) TiffEntry.Swap(value, entry.Type);
                if (value.Length <= 4)
                {
                    value.CopyTo(row.AsSpan(8));
                }
                else
                {
                    Put32(row.AsSpan(8), Align(stream), bigEndian);
                    stream.Write(value);
                }
            }
            rows.Add((entry.Tag, row));
        }
        var offset = Align(stream);
        Span<byte> number = stackalloc byte[4];
        Put16(number, (ushort)rows.Count, bigEndian);
        stream.Write(number[..2]);
        foreach (var (_, row) in rows.OrderBy(r => r.Tag)) stream.Write(row);
        number.Clear();
        stream.Write(number);
        return offset;
    }

    public static ushort U16(ReadOnlySpan<byte> at, bool bigEndian) =>
        bigEndian ? BinaryPrimitives.ReadUInt16BigEndian(at) : BinaryPrimitives.ReadUInt16LittleEndian(at);

    public static uint U32(ReadOnlySpan<byte> at, bool bigEndian) =>
        bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(at) : BinaryPrimitives.ReadUInt32LittleEndian(at);

    public static void Put16(Span<byte> at, ushort value, bool bigEndian)
    {
        if (bigEndian) BinaryPrimitives.WriteUInt16BigEndian(at, value);
        else BinaryPrimitives.WriteUInt16LittleEndian(at, value);
    }

    public static void Put32(Span<byte> at, uint value, bool bigEndian)
    {
        if (bigEndian) BinaryPrimitives.WriteUInt32BigEndian(at, value);
        else BinaryPrimitives.WriteUInt32LittleEndian(at, value);
    }

    private static TiffDirectory? ReadAt(ReadOnlySpan<byte> tiff, uint offset, bool bigEndian, int depth)
    {
        if (depth >= MaxDepth || offset > tiff.Length - 2) return null;
        var start = (int)offset + 2;
        var count = Math.Min(U16(tiff[(int)offset..], bigEndian), (tiff.Length - start) / 12);
        var entries = new List<TiffEntry>(count);
        for (var i = 0; i < count; i++)
            if (ReadEntry(tiff, start + (12 * i), bigEndian, depth) is { } entry) entries.Add(entry);
        return new TiffDirectory(entries);
    }

    private static TiffEntry? ReadEntry(ReadOnlySpan<byte> tiff, int at, bool bigEndian, int depth)
    {
        var row = tiff.Slice(at, 12);
        var (tag, type, count) = (U16(row, bigEndian), U16(row[2..], bigEndian), U32(row[4..], bigEndian));
        var bytes = (long)TiffEntry.SizeOf(type) * count;
        if (bytes is 0 or > MaxValueBytes) return null;
        if (tag is ExifPointer or GpsPointer or InteroperabilityPointer)
            return ReadAt(tiff, U32(row[8..], bigEndian), bigEndian, depth + 1) is { } child ? new TiffEntry(tag, 4, 1, [], child) : null;
        var offset = bytes <= 4 ? at + 8L : U32(row[8..], bigEndian);
        if (offset + bytes > tiff.Length) return null;
        var value = tiff.Slice((int)offset, (int)bytes).ToArray();
        if (bigEndian) TiffEntry.Swap(value, type);
        return new TiffEntry(tag, type, count, value);
    }

    /// <summary>Directories and values begin at even offsets.</summary>
    private static uint Align(MemoryStream stream)
    {
        stream.Seek(0, SeekOrigin.End);
        if (stream.Length % 2 != 0) stream.WriteByte(0);
        return checked((uint)stream.Length);
    }
}

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
