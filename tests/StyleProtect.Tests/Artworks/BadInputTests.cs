using System.Buffers.Binary;
using System.Diagnostics;
using System.IO.Compression;
using NetVips;
using StyleProtect.Artworks;
using StyleProtect.Testing;
using Xunit;

namespace StyleProtect.Tests.Artworks;

/// <summary>Every picture that cannot be read says which file, what is wrong and, where there is something, what to do.</summary>
[Collection(SerialCollection.Name)]
public sealed class BadInputTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public void A_missing_file()
    {
        var e = Fails(_folder["nothing.png"]);
        Assert.Contains("no such file", e.Message, StringComparison.Ordinal);
        Assert.Contains("no such file", Fails(Path.Combine(_folder["no-folder"], "a.png")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder() => Assert.Contains("this is a folder", Fails(_folder.Path).Message, StringComparison.Ordinal);

    [Fact]
    public void An_empty_name() => Assert.Throws<ArgumentException>(() => Artwork.Load(""));

    [Theory]
    [InlineData("notes.png", "Dear diary,\nthis is not a picture. Größe: 3 €\n", "a text file")]
    [InlineData("drawing.png", "<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' width='1' height='1'/>", "an SVG drawing")]
    [InlineData("page.jpg", "<!DOCTYPE html><html></html>", "a web page")]
    [InlineData("doc.tif", "%PDF-1.7\n", "a PDF document")]
    [InlineData("psd.png", "8BPS\0\u0001", "a Photoshop document")]
    [InlineData("empty.png", "", "an empty file")]
    [InlineData("zip.webp", "PK\u0003\u0004\0\0", "a ZIP archive")]
    [InlineData("odd.png", "\u0001\u0002\u0003\0\0\0", "an unknown kind of file")]
    public void Something_else_named_like_a_picture(string name, string content, string what)
    {
        var e = Fails(_folder.Write(name, System.Text.Encoding.UTF8.GetBytes(content)));
        Assert.Contains($"this is {what}, not a picture", e.Message, StringComparison.Ordinal);
        Assert.Contains("PNG, JPEG, WebP, TIFF, AVIF and GIF", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_content_decides_not_the_name()
    {
        var artwork = TestPictures.Random(8, 8, 8, false, 1);
        Assert.True(Artwork.Load(_folder.Write("really-a-webp.png", artwork.Encode(ArtworkFormat.WebP))).Rgb.SequenceEqual(artwork.Rgb));
        // Names that libvips would read as options, and names that are not ASCII.
        foreach (var name in new[] { "a[1].png", "a[page=7].png", "100% größe ☂.png", " .png", "-o.png" })
            Assert.True(Artwork.Load(_folder.Write(name, artwork.Encode(ArtworkFormat.Png))).Rgb.SequenceEqual(artwork.Rgb));
    }

    [Theory]
    [InlineData("jpg")]
    [InlineData("png")]
    [InlineData("webp")]
    [InlineData("tif")]
    [InlineData("avif")]
    [InlineData("gif")]
    public void A_file_that_is_cut_off_anywhere(string kind)
    {
        using var image = TestPictures.Vips(TestPictures.Noise(3 * 96 * 80, 1), 96, 80, 3, Enums.Interpretation.Srgb);
        var file = kind switch
        {
            "jpg" => image.JpegsaveBuffer(),
            "png" => image.PngsaveBuffer(),
            "webp" => image.WebpsaveBuffer(lossless: true),
            "tif" => image.TiffsaveBuffer(),
            "avif" => image.HeifsaveBuffer(lossless: true, compression: Enums.ForeignHeifCompression.Av1),
            _ => image.GifsaveBuffer(),
        };
        Assert.Equal(96, Artwork.Load(file).Width);
        foreach (var share in new[] { 0.3, 0.5, 0.75, 0.9, 0.97 })
        {
            var e = Fails(_folder.Write("cut." + kind, file.AsSpan(0, (int)(file.Length * share))));
            Assert.True(e.Message.Contains("cut off", StringComparison.Ordinal) || e.Message.Contains("cannot be opened", StringComparison.Ordinal), e.Message);
        }
    }

    [Fact]
    public void A_png_of_60000_by_60000_pixels_in_a_kilobyte()
    {
        var file = _folder.Write("huge.png", HugePng(60_000, 60_000));
        Assert.InRange(new FileInfo(file).Length, 0, 1024);
        AssertRefusedCheaply(file, "60,000 × 60,000");
    }

    [Fact]
    public void A_tiff_of_60000_by_60000_pixels_in_a_kilobyte() =>
        AssertRefusedCheaply(_folder.Write("huge.tif", HugeTiff(60_000, 60_000)), "60,000 × 60,000");

    [Fact]
    public void A_jpeg_and_a_gif_of_60000_by_60000_pixels()
    {
        using var small = TestPictures.Vips(new byte[3 * 16 * 16], 16, 16, 3, Enums.Interpretation.Srgb);
        var jpeg = small.JpegsaveBuffer();
        var frame = jpeg.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xC0]);
        BinaryPrimitives.WriteUInt16BigEndian(jpeg.AsSpan(frame + 5), 60_000);
        BinaryPrimitives.WriteUInt16BigEndian(jpeg.AsSpan(frame + 7), 60_000);
        AssertRefusedCheaply(_folder.Write("huge.jpg", jpeg), "60,000 × 60,000");
        var gif = small.GifsaveBuffer();
        BinaryPrimitives.WriteUInt16LittleEndian(gif.AsSpan(6), 60_000);
        BinaryPrimitives.WriteUInt16LittleEndian(gif.AsSpan(8), 60_000);
        // A canvas far larger than its frames is known as a fault of old encoders and cut down; so the frame claims it too.
        var descriptor = gif.AsSpan().IndexOf((ReadOnlySpan<byte>)[0x2C, 0, 0, 0, 0, 16, 0, 16, 0]);
        BinaryPrimitives.WriteUInt16LittleEndian(gif.AsSpan(descriptor + 5), 60_000);
        BinaryPrimitives.WriteUInt16LittleEndian(gif.AsSpan(descriptor + 7), 60_000);
        AssertRefusedCheaply(_folder.Write("huge.gif", gif), "60,000 × 60,000");
    }

    [Fact]
    public void More_pixels_than_asked_for()
    {
        var file = _folder.Write("a.png", TestPictures.Random(11, 10, 8, false, 1).Encode(ArtworkFormat.Png));
        Assert.Equal(11, Artwork.Load(file, new ArtworkLimits { MaxPixels = 110 }).Width);
        var e = Assert.Throws<ArtworkException>(() => Artwork.Load(file, new ArtworkLimits { MaxPixels = 109 }));
        Assert.Contains("11 × 10 pixels, more than the limit of 109", e.Message, StringComparison.Ordinal);
        Assert.Equal(file, e.Path);
    }

    [Fact]
    public void More_bytes_than_allowed_are_not_even_read()
    {
        var file = _folder["sparse.png"];
        using (var stream = File.Create(file)) stream.SetLength(600L * 1024 * 1024);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var e = Fails(file);
        Assert.Contains("limit of 536,870,912 bytes", e.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4_000_000);
        var small = TestPictures.Random(8, 8, 8, false, 1).Encode(ArtworkFormat.Png);
        var limits = new ArtworkLimits { MaxFileBytes = small.Length - 1 };
        Assert.Throws<ArtworkException>(() => Artwork.Load(small, limits));
        Assert.Throws<ArtworkException>(() => Artwork.Load(new MemoryStream(small), limits));
        using var pipe = new GZipStream(new MemoryStream(Compressed(small)), CompressionMode.Decompress);
        Assert.Contains("ArtworkLimits.MaxFileBytes", Assert.Throws<ArtworkException>(() => Artwork.Load(pipe, limits)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Limits_below_one_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new ArtworkLimits { MaxPixels = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new ArtworkLimits { MaxFileBytes = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new ArtworkLimits { MaxFileBytes = long.MaxValue });
    }

    [Fact]
    public void One_pixel_is_a_picture()
    {
        var artwork = Artwork.Load(Artwork.FromRgb24([1, 2, 3], 1, 1).Encode(ArtworkFormat.Png));
        Assert.Equal((1, 1), (artwork.Width, artwork.Height));
        Assert.Equal([1, 2, 3], artwork.Rgb.ToArray().Select(v => (int)v));
    }

    [Fact]
    public void A_stream_is_read_from_where_it_stands_and_stays_open()
    {
        var png = TestPictures.Random(8, 8, 8, true, 1).Encode(ArtworkFormat.Png);
        using var stream = new MemoryStream([9, 9, 9, .. png]) { Position = 3 };
        Assert.Equal(8, Artwork.Load(stream).Width);
        Assert.True(stream.CanRead);
        using var pipe = new GZipStream(new MemoryStream(Compressed(png)), CompressionMode.Decompress);
        Assert.True(Artwork.Load(pipe).HasAlpha);
    }

    [Theory]
    [InlineData(ArtworkFormat.Png)]
    [InlineData(ArtworkFormat.Jpeg)]
    [InlineData(ArtworkFormat.WebP)]
    [InlineData(ArtworkFormat.Tiff)]
    [InlineData(ArtworkFormat.Avif)]
    public void Damaged_bytes_give_a_picture_or_the_one_exception(ArtworkFormat format)
    {
        var file = TestPictures.Random(24, 20, 8, false, 1, TestPictures.FullMetadata()).Encode(format);
        var random = new Random(7);
        var refused = 0;
        for (var i = 0; i < 150; i++)
        {
            var broken = file.ToArray();
            for (var k = 0; k < 1 + (i % 6); k++) broken[random.Next(broken.Length)] = (byte)random.Next(256);
            try
            {
                Assert.InRange(Artwork.Load(broken, new ArtworkLimits { MaxPixels = 1_000_000 }).Width, 1, 1_000_000);
            }
            catch (ArtworkException)
            {
                refused++;
            }
        }
        Assert.InRange(refused, 1, 150);
    }

    [Fact]
    public void Many_threads_read_and_write_at_once()
    {
        var artworks = Enumerable.Range(0, 8).Select(i => TestPictures.Random(50 + i, 40, i % 2 == 0 ? 8 : 16, i % 3 == 0, i)).ToArray();
        Parallel.For(0, 64, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            var artwork = artworks[i % artworks.Length];
            var file = artwork.Encode(i % 16 < 8 ? ArtworkFormat.Png : ArtworkFormat.Tiff);
            Assert.True(Artwork.Load(file).Rgb.SequenceEqual(artwork.Rgb));
            Assert.Throws<ArtworkException>(() => Artwork.Load(file.AsSpan(0, file.Length / 2)));
        });
        Assert.Equal(0, Cache.Size);
    }

    public void Dispose() => _folder.Dispose();

    private static ArtworkException Fails(string path)
    {
        var e = Assert.Throws<ArtworkException>(() => Artwork.Load(path));
        Assert.Equal(path, e.Path);
        Assert.StartsWith(path + ": ", e.Message, StringComparison.Ordinal);
        return e;
    }

    private static void AssertRefusedCheaply(string file, string claim)
    {
        using var process = Process.GetCurrentProcess();
        var (memory, watch) = (process.PeakWorkingSet64, Stopwatch.StartNew());
        var e = Fails(file);
        Assert.True(e.Message.Contains($"claims {claim} pixels", StringComparison.Ordinal)
            && e.Message.Contains("not decoded", StringComparison.Ordinal), e.Message);
        process.Refresh();
        // Decoded it would be 10.8 GB; other tests run beside this one.
        // The kernel's counters are approximate: the peak can read a little lower than before.
        Assert.InRange(Math.Max(0, process.PeakWorkingSet64 - memory), 0, 1L << 30);
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 5);
    }

    private static byte[] Compressed(byte[] bytes)
    {
        using var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionLevel.Fastest)) gzip.Write(bytes);
        return stream.ToArray();
    }

    /// <summary>A valid header, one short piece of data, an end.</summary>
    private static byte[] HugePng(int width, int height)
    {
        using var stream = new MemoryStream();
        stream.Write([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]);
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        header[8] = 8;
        header[9] = 2;
        Chunk("IHDR", header);
        using var data = new MemoryStream();
        using (var zlib = new ZLibStream(data, CompressionLevel.Fastest, leaveOpen: true)) zlib.Write(new byte[100]);
        Chunk("IDAT", data.ToArray());
        Chunk("IEND", []);
        return stream.ToArray();

        void Chunk(string kind, byte[] content)
        {
            byte[] body = [.. kind.Select(c => (byte)c), .. content];
            var crc = 0xFFFFFFFFu;
            foreach (var b in body)
            {
                crc ^= b;
                for (var k = 0; k < 8; k++) crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320u : crc >> 1;
            }
            Span<byte> number = stackalloc byte[4];
            BinaryPrimitives.WriteInt32BigEndian(number, content.Length);
            stream.Write(number);
            stream.Write(body);
            BinaryPrimitives.WriteUInt32BigEndian(number, ~crc);
            stream.Write(number);
        }
    }

    private static byte[] HugeTiff(int width, int height)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write("II*\0"u8);
        writer.Write(8u);
        (ushort Tag, ushort Type, uint Count, uint Value)[] entries =
        [
            (0x100, 4, 1, (uint)width), (0x101, 4, 1, (uint)height), (0x102, 3, 1, 8), (0x103, 3, 1, 1), (0x106, 3, 1, 1), (0x111, 4, 1, 200), (0x115, 3, 1, 1),
            (0x116, 4, 1, (uint)height), (0x117, 4, 1, 100),
        ];
        writer.Write((ushort)entries.Length);
        foreach (var (tag, type, count, value) in entries)
        {
            writer.Write(tag);
            writer.Write(type);
            writer.Write(count);
            writer.Write(value);
        }
        writer.Write(0u);
        writer.Write(new byte[300]);
        return stream.ToArray();
    }
}
