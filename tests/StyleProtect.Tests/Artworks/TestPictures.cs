using System.Buffers.Binary;
using System.Text;
using CsCheck;
using NetVips;
using StyleProtect.Artworks;

namespace StyleProtect.Tests.Artworks;

/// <summary>Pictures and metadata made in code.</summary>
internal static class TestPictures
{
    public const string Artist = "Ada Painter";
    public const string Copyright = "(c) 2024 Ada Painter, all rights reserved";

    public static byte[] Xmp { get; } = Encoding.UTF8.GetBytes(
        "<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF " +
        "xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'/></x:xmpmeta><?xpacket end='w'?>");

    /// <summary>A Display P3 profile, from libvips.</summary>
    public static byte[] RgbProfile { get; } = Profile("p3");

    public static byte[] CmykProfile { get; } = Profile("cmyk");

    public static byte[] Noise(int count, int seed)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static ushort[] Noise16(int count, int seed)
    {
        var random = new Random(seed);
        var samples = new ushort[count];
        for (var i = 0; i < count; i++) samples[i] = (ushort)random.Next(65536);
        return samples;
    }

    public static Artwork Random(int width, int height, int bitDepth, bool alpha, int seed, ArtworkMetadata? metadata = null)
    {
        ushort[] Samples(int count, int s) => bitDepth == 16 ? Noise16(count, s) : [.. Noise(count, s).Select(b => (ushort)b)];
        var transparency = alpha ? Samples(width * height, seed + 1) : null;
        for (var i = 0; i < (transparency?.Length ?? 0); i += 3) transparency![i] = 0;
        return new Artwork(width, height, bitDepth, Samples(3 * width * height, seed), transparency, metadata ?? ArtworkMetadata.None, null);
    }

    public static Gen<Artwork> Any(int[] bitDepths, bool withAlpha = true) =>
        Gen.Select(Gen.Int[1, 40], Gen.Int[1, 40], Gen.Int[0, bitDepths.Length - 1], Gen.Bool, Gen.Int[0, 1 << 20])
            .Select((w, h, depth, alpha, seed) => Random(w, h, bitDepths[depth], alpha && withAlpha, seed));

    public static ArtworkMetadata FullMetadata(int orientation = 1) => new()
    {
        IccProfile = RgbProfile,
        Exif = Exif(orientation),
        Xmp = Xmp,
        PixelsPerMillimetreX = 300 / 25.4,
        PixelsPerMillimetreY = 150 / 25.4,
    };

    /// <summary>A libvips picture of the samples given, with whatever fields.</summary>
    public static Image Vips<T>(T[] samples, int width, int height, int bands, Enums.Interpretation interpretation, params (string Name, object Value)[] fields)
        where T : unmanaged
    {
        var format = samples switch
        {
            byte[] => Enums.BandFormat.Uchar,
            ushort[] => Enums.BandFormat.Ushort,
            float[] => Enums.BandFormat.Float,
            _ => throw new ArgumentException("byte, ushort or float", nameof(samples)),
        };
        using var plain = Image.NewFromMemory(samples, width, height, bands, format);
        using var image = plain.Copy(interpretation: interpretation);
        return image.Mutate(m =>
        {
            foreach (var (name, value) in fields) m.Set(value is byte[]? GValue.BlobType : value is int ? GValue.GIntType : GValue.GStrType, name, value);
        });
    }

    /// <summary>An EXIF block with orientation, resolution, artist, copyright, and an EXIF directory with a user comment.</summary>
    public static byte[] Exif(int orientation, bool bigEndian = false, bool prefix = true)
    {
        using var stream = new MemoryStream();
        stream.Write(bigEndian ? "MM\0*"u8 : "II*\0"u8);
        void U16(int v)
        {
            Span<byte> b = stackalloc byte[2];
            if (bigEndian) BinaryPrimitives.WriteUInt16BigEndian(b, (ushort)v);
            else BinaryPrimitives.WriteUInt16LittleEndian(b, (ushort)v);
            stream.Write(b);
        }

        void U32(uint v)
        {
            Span<byte> b = stackalloc byte[4];
            if (bigEndian) BinaryPrimitives.WriteUInt32BigEndian(b, v);
            else BinaryPrimitives.WriteUInt32LittleEndian(b, v);
            stream.Write(b);
        }

        void Entry(int tag, int type, uint count, uint value) { U16(tag); U16(type); U32(count); U32(value); }
        var (artist, copyright, lens) = (
            Encoding.ASCII.GetBytes(Artist + "\0"), Encoding.ASCII.GetBytes(Copyright + "\0"), "2024:05:06 07:08:09\0"u8.ToArray());
        const int entries = 7;
        var data = (uint)(8 + 2 + (12 * entries) + 4);
        var (atArtist, atX, atY) = (data, data + (uint)artist.Length, data + (uint)artist.Length + 8);
        var atCopyright = atY + 8;
        var atDirectory = atCopyright + (uint)copyright.Length;
        var shortShift = bigEndian ? 16 : 0;
        U32(8);
        U16(entries);
        Entry(0x0112, 3, 1, (uint)orientation << shortShift);
        Entry(0x011A, 5, 1, atX);
        Entry(0x011B, 5, 1, atY);
        Entry(0x0128, 3, 1, 2u << shortShift);
        Entry(0x013B, 2, (uint)artist.Length, atArtist);
        Entry(0x8298, 2, (uint)copyright.Length, atCopyright);
        Entry(0x8769, 4, 1, atDirectory);
        U32(0);
        stream.Write(artist);
        U32(300); U32(1);
        U32(150); U32(1);
        stream.Write(copyright);
        U16(1);
        Entry(0x9003, 2, (uint)lens.Length, atDirectory + 18);
        U32(0);
        stream.Write(lens);
        return prefix ? [.. "Exif\0\0"u8, .. stream.ToArray()] : stream.ToArray();
    }

    /// <summary>An EXIF tag as text, read by the library's own parser from the block.</summary>
    public static string? ExifText(ReadOnlyMemory<byte>? exif, ushort tag, ushort? directory = null)
    {
        if (exif is not { } block) return null;
        var tiff = block.Span.StartsWith("Exif\0\0"u8) ? block.Span[6..] : block.Span;
        var root = TiffDirectory.Read(tiff);
        var entry = directory is { } child ? root?[child]?.Child?[tag] : root?[tag];
        return entry is null ? null : Encoding.ASCII.GetString(entry.Value).TrimEnd('\0');
    }

    private static byte[] Profile(string name)
    {
        using var grey = Vips(new byte[3 * 4], 2, 2, 3, Enums.Interpretation.Srgb);
        using var converted = grey.IccTransform(name, inputProfile: "srgb");
        return (byte[])converted.Get("icc-profile-data");
    }
}
