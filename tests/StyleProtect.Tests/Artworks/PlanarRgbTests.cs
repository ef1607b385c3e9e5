using CsCheck;
using StyleProtect.Artworks;
using Xunit;

namespace StyleProtect.Tests.Artworks;

public sealed class PlanarRgbTests
{
    [Fact]
    public void Out_and_back_is_the_identity_for_8_and_16_bits() =>
        TestPictures.Any([8, 16]).Sample(a =>
        {
            var back = a.WithPlanarRgb(a.ToPlanarRgb());
            Assert.True(back.Rgb.SequenceEqual(a.Rgb));
            Assert.True(back.Alpha.SequenceEqual(a.Alpha));
            Assert.Same(a.Metadata, back.Metadata);
            Assert.Equal((a.Width, a.Height, a.BitDepth), (back.Width, back.Height, back.BitDepth));
        }, iter: 100, threads: 1);

    [Fact]
    public void Every_16_bit_value_survives()
    {
        var all = new ushort[3 * 65536];
        for (var i = 0; i < all.Length; i++) all[i] = (ushort)(i / 3);
        var artwork = new Artwork(256, 256, 16, all, null, ArtworkMetadata.None, null);
        var planar = artwork.ToPlanarRgb();
        Assert.Equal(255f, planar.Max());
        Assert.Equal(1000 / 257f, planar[1000]);
        Assert.True(artwork.WithPlanarRgb(planar).Rgb.SequenceEqual(all));
    }

    [Fact]
    public void Planes_follow_one_another_red_green_blue()
    {
        var artwork = Artwork.FromRgb24([1, 2, 3, 4, 5, 6], 2, 1);
        Assert.Equal([1f, 4, 2, 5, 3, 6], artwork.ToPlanarRgb());
        Assert.Equal([10, 30, 50, 20, 40, 60], artwork.WithPlanarRgb([10, 20, 30, 40, 50, 60]).Rgb.ToArray().Select(v => (int)v));
    }

    [Fact]
    public void Values_are_rounded_and_clamped_to_the_artworks_own_grid()
    {
        var eight = Artwork.FromRgb24([0, 0, 0], 1, 1);
        Assert.Equal([0, 255, 8], eight.WithPlanarRgb([-3, 300, 7.6f]).Rgb.ToArray().Select(v => (int)v));
        var sixteen = new Artwork(1, 1, 16, new ushort[3], null, ArtworkMetadata.None, null);
        Assert.Equal([0, 65535, 1953], sixteen.WithPlanarRgb([-3, 300, 7.6f]).Rgb.ToArray().Select(v => (int)v));
    }

    [Fact]
    public void Fully_transparent_pixels_stay_as_they_are()
    {
        var artwork = new Artwork(2, 1, 8, [9, 8, 7, 6, 5, 4], [0, 1], ArtworkMetadata.None, null);
        Assert.Equal([9, 8, 7, 100, 100, 100], artwork.WithPlanarRgb(Enumerable.Repeat(100f, 6).ToArray()).Rgb.ToArray().Select(v => (int)v));
        Assert.Equal([9, 8, 7, 6, 5, 4], artwork.Rgb.ToArray().Select(v => (int)v));
    }

    [Fact]
    public void Wrong_lengths_and_numbers_that_are_none_are_refused()
    {
        var artwork = Artwork.FromRgb24(new byte[12], 2, 2);
        Assert.Contains("12 values, not 11", Assert.Throws<ArgumentException>(() => artwork.WithPlanarRgb(new float[11])).Message, StringComparison.Ordinal);
        var values = new float[12];
        values[6] = float.NaN;
        Assert.Contains(
            "Channel 1 of pixel (0, 1) is NaN", Assert.Throws<ArgumentException>(() => artwork.WithPlanarRgb(values)).Message, StringComparison.Ordinal);
        Assert.Contains(
            "12 bytes of RGB, not 10", Assert.Throws<ArgumentException>(() => Artwork.FromRgb24(new byte[10], 2, 2)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => Artwork.FromRgb24([], 0, 2));
    }
}
