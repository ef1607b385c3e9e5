using NetVips;
using StyleProtect.Artworks;
using Xunit;

namespace StyleProtect.Tests.Artworks;

/// <summary>RGB is never touched; everything else becomes RGB with a note, or is refused.</summary>
public sealed class ColourTests
{
    private const int W = 9;
    private const int H = 7;

    [Fact]
    public void Rgb_with_a_profile_keeps_its_numbers_and_its_profile()
    {
        var pixels = TestPictures.Noise(3 * W * H, 1);
        using var image = TestPictures.Vips(pixels, W, H, 3, Enums.Interpretation.Srgb, ("icc-profile-data", TestPictures.RgbProfile));
        var artwork = Artwork.Load(image.PngsaveBuffer());
        Assert.Equal(pixels.Select(v => (int)v), artwork.Rgb.ToArray().Select(v => (int)v));
        Assert.Equal(TestPictures.RgbProfile, artwork.Metadata.IccProfile!.Value.ToArray());
        Assert.Empty(artwork.Metadata.Notes);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Grey_of_8_bits_becomes_rgb_with_a_note(bool alpha)
    {
        var pixels = TestPictures.Noise((alpha ? 2 : 1) * W * H, 2);
        using var image = TestPictures.Vips(pixels, W, H, alpha ? 2 : 1, Enums.Interpretation.Bw);
        foreach (var file in new[] { image.PngsaveBuffer(), image.TiffsaveBuffer() })
        {
            var artwork = Artwork.Load(file);
            Assert.Equal(alpha, artwork.HasAlpha);
            for (var i = 0; i < W * H; i++)
            {
                for (var c = 0; c < 3; c++) Assert.Equal(pixels[alpha ? 2 * i : i], artwork.Rgb[(3 * i) + c]);
                if (alpha) Assert.Equal(pixels[(2 * i) + 1], artwork.Alpha[i]);
            }
            Assert.Contains("Grey", Assert.Single(artwork.Metadata.Notes), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Grey_of_16_bits_keeps_its_bits()
    {
        var pixels = TestPictures.Noise16(W * H, 2);
        using var image = TestPictures.Vips(pixels, W, H, 1, Enums.Interpretation.Grey16);
        var artwork = Artwork.Load(image.PngsaveBuffer());
        Assert.Equal(16, artwork.BitDepth);
        Assert.Equal(pixels.SelectMany(v => new[] { (int)v, v, v }), artwork.Rgb.ToArray().Select(v => (int)v));
    }

    [Fact]
    public void Grey_with_a_grey_profile_is_converted_to_srgb_through_it()
    {
        // A linear grey profile (gamma 1): middle grey 128 is sRGB 188.
        using var image = TestPictures.Vips(
            [.. Enumerable.Repeat((byte)128, W * H)], W, H, 1, Enums.Interpretation.Bw, ("icc-profile-data", LinearGreyProfile()));
        var artwork = Artwork.Load(image.TiffsaveBuffer());
        Assert.Null(artwork.Metadata.IccProfile);
        Assert.Contains("through its ICC profile", Assert.Single(artwork.Metadata.Notes), StringComparison.Ordinal);
        Assert.All(artwork.Rgb.ToArray(), v => Assert.InRange(v, 186, 190));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Cmyk_is_converted_to_srgb_with_a_note(bool profile)
    {
        // Pure cyan ink on the left, none on the right.
        var ink = new byte[4 * W * H];
        for (var i = 0; i < W * H; i++) ink[4 * i] = i % W < W / 2 ? (byte)255 : (byte)0;
        var fields = profile ? new (string, object)[] { ("icc-profile-data", TestPictures.CmykProfile) } : [];
        using var image = TestPictures.Vips(ink, W, H, 4, Enums.Interpretation.Cmyk, fields);
        foreach (var file in new[] { image.TiffsaveBuffer(), image.JpegsaveBuffer(q: 100) })
        {
            var artwork = Artwork.Load(file);
            Assert.Null(artwork.Metadata.IccProfile);
            Assert.Contains("CMYK", Assert.Single(artwork.Metadata.Notes), StringComparison.Ordinal);
            Assert.Equal(profile, !artwork.Metadata.Notes[0].Contains("without a profile", StringComparison.Ordinal));
            Assert.InRange(artwork.Rgb[0], 0, 60);
            Assert.InRange(artwork.Rgb[2], 150, 255);
            for (var c = 0; c < 3; c++) Assert.InRange(artwork.Rgb[(3 * (W - 1)) + c], 240, 255);
        }
    }

    [Fact]
    public void Palette_png_and_gif_become_rgb()
    {
        var pixels = new byte[3 * W * H];
        for (var i = 0; i < W * H; i++) pixels[(3 * i) + (i % 3)] = 255;
        using var image = TestPictures.Vips(pixels, W, H, 3, Enums.Interpretation.Srgb);
        foreach (var file in new[] { image.PngsaveBuffer(palette: true, dither: 0), image.GifsaveBuffer(dither: 0) })
        {
            var artwork = Artwork.Load(file);
            Assert.Equal((W, H, 8), (artwork.Width, artwork.Height, artwork.BitDepth));
            for (var i = 0; i < pixels.Length; i++) Assert.InRange(artwork.Rgb[i], pixels[i] - 2, pixels[i] + 2);
        }
    }

    [Fact]
    public void Animations_and_pages_give_the_first_one_with_a_note()
    {
        var (red, blue) = (Solid(255, 0, 0), Solid(0, 0, 255));
        using var joined = red.Join(blue, Enums.Direction.Vertical);
        using var pages = joined.Mutate(m => m.Set(GValue.GIntType, "page-height", H));
        foreach (
            var (file, word) in new[] { (pages.GifsaveBuffer(), "2 frames"), (pages.WebpsaveBuffer(lossless: true), "2 frames"),
            (pages.TiffsaveBuffer(), "2 pages") })
        {
            var artwork = Artwork.Load(file);
            Assert.Equal((W, H), (artwork.Width, artwork.Height));
            Assert.Equal([255, 0, 0], artwork.Rgb[..3].ToArray().Select(v => (int)v));
            Assert.Contains(artwork.Metadata.Notes, n => n.Contains(word, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Black_and_white_of_one_bit_is_read()
    {
        var pixels = new byte[W * H];
        pixels[3] = 255;
        using var image = TestPictures.Vips(pixels, W, H, 1, Enums.Interpretation.Bw);
        foreach (var file in new[] { image.PngsaveBuffer(bitdepth: 1), image.TiffsaveBuffer(bitdepth: 1) })
            Assert.Equal(pixels.SelectMany(v => new[] { (int)v, v, v }), Artwork.Load(file).Rgb.ToArray().Select(v => (int)v));
    }

    [Fact]
    public void Colours_multiplied_by_alpha_in_a_tiff_are_divided_again_with_a_note()
    {
        var pixels = Enumerable.Range(0, W * H).SelectMany(_ => new byte[] { 200, 100, 50, 128 }).ToArray();
        using var image = TestPictures.Vips(pixels, W, H, 4, Enums.Interpretation.Srgb);
        var artwork = Artwork.Load(image.TiffsaveBuffer(premultiply: true));
        Assert.Contains("multiplied by alpha", Assert.Single(artwork.Metadata.Notes), StringComparison.Ordinal);
        Assert.Equal(128, artwork.Alpha[0]);
        foreach (var (c, v) in new[] { (0, 200), (1, 100), (2, 50) }) Assert.InRange(artwork.Rgb[c], v - 2, v + 2);
        Assert.Empty(Artwork.Load(image.TiffsaveBuffer()).Metadata.Notes);
    }

    [Fact]
    public void A_profile_for_other_colours_is_dropped_with_a_note()
    {
        using var image = TestPictures.Vips(
            TestPictures.Noise(3 * W * H, 1), W, H, 3, Enums.Interpretation.Srgb, ("icc-profile-data", TestPictures.RgbProfile));
        var file = image.JpegsaveBuffer();
        var header = file.AsSpan().IndexOf("mntrRGB "u8);
        "mntrCMYK"u8.CopyTo(file.AsSpan(header));
        var artwork = Artwork.Load(file);
        Assert.Null(artwork.Metadata.IccProfile);
        Assert.Contains("one for CMYK", Assert.Single(artwork.Metadata.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public void Floating_point_samples_are_refused()
    {
        using var image = TestPictures.Vips(new float[3 * W * H], W, H, 3, Enums.Interpretation.Scrgb);
        var e = Assert.Throws<ArtworkException>(() => Artwork.Load(image.TiffsaveBuffer()));
        Assert.Contains("floating-point", e.Message, StringComparison.Ordinal);
        var radiance = Assert.Throws<ArtworkException>(() => Artwork.Load("#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 1 +X 1\n"u8));
        Assert.Contains("high-dynamic-range", radiance.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Odd_channels_are_refused()
    {
        using var image = TestPictures.Vips(new byte[6 * W * H], W, H, 6, Enums.Interpretation.Multiband);
        Assert.Contains("6 channels", Assert.Throws<ArtworkException>(() => Artwork.Load(image.TiffsaveBuffer())).Message, StringComparison.Ordinal);
        using var lab = TestPictures.Vips(new float[3 * W * H], W, H, 3, Enums.Interpretation.Lab);
        Assert.Throws<ArtworkException>(() => Artwork.Load(lab.TiffsaveBuffer()));
    }

    private static Image Solid(byte r, byte g, byte b) =>
        TestPictures.Vips([.. Enumerable.Range(0, W * H).SelectMany(_ => new[] { r, g, b })], W, H, 3, Enums.Interpretation.Srgb);

    /// <summary>The smallest valid ICC 2.1 grey profile: white point and a linear curve.</summary>
    private static byte[] LinearGreyProfile()
    {
        using var stream = new MemoryStream();
        void U32(uint v) => stream.Write([(byte)(v >> 24), (byte)(v >> 16), (byte)(v >> 8), (byte)v]);
        const int tags = 4;
        const int table = 128 + 4 + (12 * tags);
        var description = new byte[12 + 8 + 4 + 4 + 2 + 1 + 67 + 3];
        "desc"u8.CopyTo(description);
        description[11] = 7;
        "linear"u8.CopyTo(description.AsSpan(12));
        byte[] text = [.. "text\0\0\0\0CC0\0"u8];
        byte[] white = [.. "XYZ \0\0\0\0"u8, 0, 0, 0xF6, 0xD6, 0, 1, 0, 0, 0, 0, 0xD3, 0x2D];
        byte[] curve = [.. "curv\0\0\0\0"u8, 0, 0, 0, 0];
        byte[][] values = [description, text, white, curve];
        U32((uint)(table + values.Sum(v => (v.Length + 3) / 4 * 4)));
        stream.Write("\0\0\0\0"u8);
        U32(0x02100000);
        stream.Write("mntrGRAYXYZ "u8);
        stream.Write([7, 0xE8, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0]);
        stream.Write("acsp"u8);
        stream.Write(new byte[28]);
        stream.Write([0, 0, 0xF6, 0xD6, 0, 1, 0, 0, 0, 0, 0xD3, 0x2D]);
        stream.Write(new byte[48]);
        U32(tags);
        var offset = (uint)table;
        foreach (var (name, value) in new[] { "desc", "cprt", "wtpt", "kTRC" }.Zip(values))
        {
            stream.Write([.. name.Select(c => (byte)c)]);
            U32(offset);
            U32((uint)value.Length);
            offset += (uint)((value.Length + 3) / 4 * 4);
        }
        foreach (var value in values)
        {
            stream.Write(value);
            while (stream.Length % 4 != 0) stream.WriteByte(0);
        }
        return stream.ToArray();
    }
}
