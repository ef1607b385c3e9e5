using NetVips;
using StyleProtect.Artworks;
using Xunit;

namespace StyleProtect.Tests.Artworks;

/// <summary>What travels with the pixels.</summary>
public sealed class MetadataTests
{
    private const ushort ArtistTag = 0x013B;
    private const ushort CopyrightTag = 0x8298;
    private const ushort OrientationTag = 0x0112;
    private const ushort TakenTag = 0x9003;

    [Theory]
    [InlineData(ArtworkFormat.Png, 8, true)]
    [InlineData(ArtworkFormat.Png, 16, false)]
    [InlineData(ArtworkFormat.WebP, 8, true)]
    [InlineData(ArtworkFormat.Tiff, 8, true)]
    [InlineData(ArtworkFormat.Tiff, 16, false)]
    [InlineData(ArtworkFormat.Avif, 8, true)]
    [InlineData(ArtworkFormat.Jpeg, 8, false)]
    public void Profile_exif_xmp_and_resolution_survive(ArtworkFormat format, int bitDepth, bool alpha)
    {
        var original = TestPictures.Random(24, 16, bitDepth, alpha, 1, TestPictures.FullMetadata());
        var first = Artwork.Load(original.Encode(format));
        // A second pass shows that what was read is complete enough to be written again.
        foreach (var read in new[] { first, Artwork.Load(first.Encode(format)) })
        {
            Assert.Equal(TestPictures.RgbProfile, read.Metadata.IccProfile!.Value.ToArray());
            Assert.Equal(TestPictures.Xmp, read.Metadata.Xmp!.Value.ToArray());
            Assert.Equal(TestPictures.Artist, TestPictures.ExifText(read.Metadata.Exif, ArtistTag));
            Assert.Equal(TestPictures.Copyright, TestPictures.ExifText(read.Metadata.Exif, CopyrightTag)?.TrimEnd());
            Assert.Equal("2024:05:06 07:08:09", TestPictures.ExifText(read.Metadata.Exif, TakenTag, TiffDirectory.ExifPointer));
            Assert.Equal(300 / 25.4, read.Metadata.PixelsPerMillimetreX, 0.01);
            Assert.Equal(150 / 25.4, read.Metadata.PixelsPerMillimetreY, 0.01);
            Assert.Empty(read.Metadata.Notes);
        }
    }

    [Theory]
    [InlineData(ArtworkFormat.Png)]
    [InlineData(ArtworkFormat.WebP)]
    [InlineData(ArtworkFormat.Jpeg)]
    [InlineData(ArtworkFormat.Avif)]
    public void Libexif_reads_the_artist_of_what_was_written(ArtworkFormat format)
    {
        using var image = Image.NewFromBuffer(TestPictures.Random(24, 16, 8, false, 1, TestPictures.FullMetadata()).Encode(format));
        Assert.StartsWith(TestPictures.Artist, (string)image.Get("exif-ifd0-Artist"), StringComparison.Ordinal);
        Assert.StartsWith(TestPictures.Copyright, (string)image.Get("exif-ifd0-Copyright"), StringComparison.Ordinal);
        Assert.False(image.Contains("orientation") && (int)image.Get("orientation") != 1);
    }

    [Theory]
    [InlineData(ArtworkFormat.Png)]
    [InlineData(ArtworkFormat.WebP)]
    [InlineData(ArtworkFormat.Tiff)]
    [InlineData(ArtworkFormat.Avif)]
    [InlineData(ArtworkFormat.Jpeg)]
    public void An_artwork_without_metadata_stays_without(ArtworkFormat format)
    {
        var read = Artwork.Load(TestPictures.Random(24, 16, 8, false, 1).Encode(format));
        Assert.Null(read.Metadata.IccProfile);
        Assert.Null(read.Metadata.Xmp);
        Assert.Null(TestPictures.ExifText(read.Metadata.Exif, ArtistTag));
        Assert.Empty(read.Metadata.Notes);
        // PNG, the default, holds "not known"; the others must name a resolution or may leave it out.
        Assert.Contains(Math.Round(read.Metadata.PixelsPerMillimetreX * 25.4), format == ArtworkFormat.Png ? new double[] { 0 } : [0, 72]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void Exif_orientation_is_applied_and_reset(int orientation)
    {
        const int w = 5;
        const int h = 3;
        var pixels = TestPictures.Noise(3 * w * h, orientation);
        using var stored = TestPictures.Vips(
            pixels, w, h, 3, Enums.Interpretation.Srgb, ("exif-data", TestPictures.Exif(orientation)), ("orientation", orientation));
        foreach (var file in new[] { stored.PngsaveBuffer(), stored.WebpsaveBuffer(lossless: true), stored.TiffsaveBuffer() })
        {
            var artwork = Artwork.Load(file);
            Assert.Equal(orientation >= 5 ? (h, w) : (w, h), (artwork.Width, artwork.Height));
            for (var y = 0; y < artwork.Height; y++)
                for (var x = 0; x < artwork.Width; x++)
                {
                    // Where the upright pixel (x, y) lies in the stored picture, by the EXIF specification.
                    var (sx, sy) = orientation switch
                    {
                        1 => (x, y),
                        2 => (w - 1 - x, y),
                        3 => (w - 1 - x, h - 1 - y),
                        4 => (x, h - 1 - y),
                        5 => (y, x),
                        6 => (y, h - 1 - x),
                        7 => (w - 1 - y, h - 1 - x),
                        _ => (w - 1 - y, x),
                    };
                    for (var c = 0; c < 3; c++) Assert.Equal(pixels[(3 * ((sy * w) + sx)) + c], artwork.Rgb[(3 * ((y * artwork.Width) + x)) + c]);
                }
            if (artwork.Metadata.Exif is { } exif) Assert.Contains(OrientationOf(exif.ToArray()), new int?[] { null, 1 });
            var again = Artwork.Load(artwork.Encode(ArtworkFormat.Png));
            Assert.True(again.Rgb.SequenceEqual(artwork.Rgb));
        }
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, true)]
    [InlineData(true, false)]
    public void Resetting_the_orientation_changes_no_other_byte(bool bigEndian, bool prefix)
    {
        var turned = TestPictures.Exif(6, bigEndian, prefix);
        Assert.Equal(6, OrientationOf(turned));
        Assert.Equal(TestPictures.Exif(1, bigEndian, prefix), ExifBlock.WithOrientationReset(turned));
        Assert.Equal((300 / 25.4, 150 / 25.4), ExifBlock.Resolution(turned));
    }

    [Fact]
    public void Seventy_two_dots_an_inch_that_a_file_states_are_kept()
    {
        var original = TestPictures.Random(24, 16, 8, false, 1, new ArtworkMetadata { PixelsPerMillimetreX = 72 / 25.4, PixelsPerMillimetreY = 72 / 25.4 });
        foreach (var format in Enum.GetValues<ArtworkFormat>())
            Assert.Equal(72, Artwork.Load(original.Encode(format)).Metadata.PixelsPerMillimetreX * 25.4, 0.1);
    }

    [Fact]
    public void A_turned_picture_has_its_two_resolutions_exchanged()
    {
        using var plain = TestPictures.Vips(TestPictures.Noise(300, 1), 20, 5, 3, Enums.Interpretation.Srgb, ("orientation", 6));
        using var stored = plain.Copy(xres: 10, yres: 20);
        var artwork = Artwork.Load(stored.TiffsaveBuffer());
        Assert.Equal((20, 10), (Math.Round(artwork.Metadata.PixelsPerMillimetreX, 3), Math.Round(artwork.Metadata.PixelsPerMillimetreY, 3)));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Tags_are_added_to_a_tiff_whatever_the_byte_orders(bool exifBigEndian, bool tiffBigEndian)
    {
        // One entry: a width of 7.
        byte[] file = tiffBigEndian
            ? [.. "MM\0*"u8, 0, 0, 0, 8, 0, 1, 1, 0, 0, 3, 0, 0, 0, 1, 0, 7, 0, 0, 0, 0, 0, 0]
            : [.. "II*\0"u8, 8, 0, 0, 0, 1, 0, 0, 1, 3, 0, 1, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0];
        var result = ExifBlock.IntoTiff(file, TestPictures.Exif(6, exifBigEndian));
        var directory = TiffDirectory.Read(result)!;
        Assert.Equal([7, 0], directory[0x0100]!.Value);
        Assert.Equal(directory.Entries.Select(e => e.Tag).Order(), directory.Entries.Select(e => e.Tag));
        Assert.Equal(TestPictures.Artist, TestPictures.ExifText(result, ArtistTag));
        Assert.Equal(TestPictures.Copyright, TestPictures.ExifText(result, CopyrightTag));
        Assert.Equal("2024:05:06 07:08:09", TestPictures.ExifText(result, TakenTag, TiffDirectory.ExifPointer));
        Assert.Null(directory[OrientationTag]);
        // A second time there is nothing left to add.
        Assert.Equal(result, ExifBlock.IntoTiff(result, TestPictures.Exif(6, exifBigEndian)));
        Assert.Equal(TestPictures.Artist, TestPictures.ExifText(ExifBlock.FromTiff(result), ArtistTag));
    }

    [Fact]
    public void A_bigtiff_is_read_and_what_is_not_kept_is_noted()
    {
        var pixels = TestPictures.Noise(300, 1);
        using var image = TestPictures.Vips(pixels, 20, 5, 3, Enums.Interpretation.Srgb);
        var artwork = Artwork.Load(image.TiffsaveBuffer(bigtiff: true));
        Assert.Equal(pixels.Select(v => (int)v), artwork.Rgb.ToArray().Select(v => (int)v));
        Assert.Contains("BigTIFF", Assert.Single(artwork.Metadata.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public void Broken_exif_blocks_do_no_harm()
    {
        var whole = TestPictures.Exif(6);
        for (var length = 0; length < whole.Length; length++)
        {
            var cut = whole[..length];
            Assert.Equal(length, ExifBlock.WithOrientationReset(cut).Length);
            _ = ExifBlock.Resolution(cut);
        }
        var random = new Random(4);
        for (var i = 0; i < 2000; i++)
        {
            var broken = whole.ToArray();
            for (var k = 0; k < 4; k++) broken[random.Next(6, broken.Length)] = (byte)random.Next(256);
            Assert.Equal(broken.Length, ExifBlock.WithOrientationReset(broken).Length);
            _ = ExifBlock.Resolution(broken);
            _ = ExifBlock.FromTiff(broken.AsSpan(6));
        }
    }

    [Fact]
    public void What_cannot_be_kept_is_noted()
    {
        using var png = TestPictures.Vips(
            TestPictures.Noise(300, 1), 20, 5, 3, Enums.Interpretation.Srgb, ("png-comment-0-Author", "Ada"), ("png-comment-1-Software", "x"));
        var note = Assert.Single(Artwork.Load(png.PngsaveBuffer()).Metadata.Notes);
        Assert.Contains("Author", note, StringComparison.Ordinal);
        Assert.DoesNotContain("Software", note, StringComparison.Ordinal);
        using var jpeg = TestPictures.Vips(TestPictures.Noise(300, 1), 20, 5, 3, Enums.Interpretation.Srgb, ("iptc-data", "Photoshop 3.0\0abc"u8.ToArray()));
        Assert.Contains("IPTC", Assert.Single(Artwork.Load(jpeg.JpegsaveBuffer()).Metadata.Notes), StringComparison.Ordinal);
    }

    private static int? OrientationOf(byte[] exif) =>
        TiffDirectory.Read(exif.AsSpan(exif.AsSpan().StartsWith("Exif\0\0"u8) ? 6 : 0))?[OrientationTag]?.Value[0];
}
