using CsCheck;
using StyleProtect.Artworks;
using Xunit;

namespace StyleProtect.Tests.Artworks;

/// <summary>What is written is what is read, sample by sample.</summary>
public sealed class RoundTripTests
{
    [Theory]
    [InlineData(ArtworkFormat.Png)]
    [InlineData(ArtworkFormat.Tiff)]
    public void Png_and_tiff_keep_every_sample_of_8_and_16_bits(ArtworkFormat format) =>
        TestPictures.Any([8, 16]).Sample(a => AssertSame(a, Artwork.Load(a.Encode(format))), iter: 60, threads: 1);

    [Fact]
    public void WebP_keeps_every_8_bit_sample_also_under_transparency() =>
        TestPictures.Any([8]).Sample(a => AssertSame(a, Artwork.Load(a.Encode(ArtworkFormat.WebP))), iter: 60, threads: 1);

    [Fact]
    public void Avif_keeps_every_8_bit_sample_and_the_report_says_what_was_measured()
    {
        using var folder = new TempFolder();
        foreach (var (w, h, alpha) in new[] { (1, 1, false), (17, 9, false), (64, 48, true), (33, 31, true) })
        {
            var artwork = TestPictures.Random(w, h, 8, alpha, w);
            var report = artwork.Save(folder["a.avif"], overwrite: true);
            var back = Artwork.Load(folder["a.avif"]);
            Assert.Equal(back.Rgb.SequenceEqual(artwork.Rgb) && back.Alpha.SequenceEqual(artwork.Alpha), report.IsPixelExact);
            Assert.Equal(!report.IsPixelExact, report.Notes.Any(n => n.Contains("not lossless", StringComparison.Ordinal)));
            Assert.True(report.IsPixelExact, $"{w} × {h}: libheif's AVIF mode did not keep every sample");
        }
    }

    [Fact]
    public void Avif_rounds_16_bits_to_12_with_white_staying_white()
    {
        using var folder = new TempFolder();
        var artwork = TestPictures.Random(20, 10, 16, true, 3);
        artwork.RgbArray[0] = 65535;
        artwork.RgbArray[1] = 0;
        var report = artwork.Save(folder["a.avif"]);
        var back = Artwork.Load(folder["a.avif"]);
        Assert.False(report.IsPixelExact);
        Assert.Contains(report.Notes, n => n.Contains("12 bits", StringComparison.Ordinal));
        Assert.Equal(16, back.BitDepth);
        Assert.Equal(65535, back.Rgb[0]);
        Assert.Equal(0, back.Rgb[1]);
        for (var i = 0; i < back.Rgb.Length; i++) Assert.InRange(back.Rgb[i] - artwork.Rgb[i], -8, 8);
        // What came from 12 bits goes through 12 bits unchanged.
        Assert.True(back.Save(folder["b.avif"]).IsPixelExact);
        Assert.True(Artwork.Load(folder["b.avif"]).Rgb.SequenceEqual(back.Rgb));
    }

    [Theory]
    [InlineData(ArtworkFormat.WebP)]
    [InlineData(ArtworkFormat.Jpeg)]
    public void Formats_of_8_bits_round_16_bits_to_the_nearest_and_say_so(ArtworkFormat format)
    {
        using var folder = new TempFolder();
        var artwork = TestPictures.Random(16, 16, 16, false, 3);
        var report = artwork.Save(folder["a" + ArtworkFormats.Extension(format)], format);
        Assert.False(report.IsPixelExact);
        Assert.Contains(report.Notes, n => n.Contains("rounded to 8 bits", StringComparison.Ordinal));
        if (format != ArtworkFormat.WebP) return;
        var back = Artwork.Load(report.Path);
        for (var i = 0; i < back.Rgb.Length; i++) Assert.Equal((int)Math.Round(artwork.Rgb[i] / 257.0), back.Rgb[i]);
    }

    [Fact]
    public void Jpeg_is_close_and_is_never_called_exact()
    {
        using var folder = new TempFolder();
        var smooth = Artwork.FromRgb24([.. Enumerable.Range(0, 32 * 32 * 3).Select(i => (byte)(i / 16))], 32, 32);
        var report = smooth.Save(folder["a.jpg"], ArtworkFormat.Jpeg);
        Assert.False(report.IsPixelExact);
        Assert.Contains(report.Notes, n => n.Contains("JPEG is lossy", StringComparison.Ordinal));
        var back = Artwork.Load(report.Path);
        for (var i = 0; i < back.Rgb.Length; i++) Assert.InRange(back.Rgb[i] - smooth.Rgb[i], -12, 12);
        var coarse = smooth.Save(folder["b.jpg"], new ArtworkSaveOptions { Format = ArtworkFormat.Jpeg, Quality = 20 });
        Assert.True(coarse.Bytes < report.Bytes);
    }

    [Fact]
    public void Jpeg_lays_transparency_on_white_and_says_so()
    {
        using var folder = new TempFolder();
        var artwork = new Artwork(8, 8, 8, new ushort[192], new ushort[64], ArtworkMetadata.None, null);
        var report = artwork.Save(folder["a.jpg"], ArtworkFormat.Jpeg);
        Assert.Contains(report.Notes, n => n.Contains("laid on white", StringComparison.Ordinal));
        var back = Artwork.Load(report.Path);
        Assert.False(back.HasAlpha);
        Assert.All(back.Rgb.ToArray(), v => Assert.Equal(255, v));
    }

    private static void AssertSame(Artwork expected, Artwork actual)
    {
        Assert.Equal((expected.Width, expected.Height, expected.BitDepth, expected.HasAlpha), (actual.Width, actual.Height, actual.BitDepth, actual.HasAlpha));
        Assert.True(expected.Rgb.SequenceEqual(actual.Rgb));
        Assert.True(expected.Alpha.SequenceEqual(actual.Alpha));
    }
}
