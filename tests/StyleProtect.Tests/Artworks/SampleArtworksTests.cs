using NetVips;
using StyleProtect.Artworks;
using Xunit;

namespace StyleProtect.Tests.Artworks;

/// <summary>The pictures in samples/artworks are what SOURCES.md says.</summary>
public sealed class SampleArtworksTests
{
    private static readonly string s_folder = Find();

    [Fact]
    public void Every_sample_is_read_and_has_its_source_noted()
    {
        var sources = File.ReadAllText(Path.Combine(s_folder, "SOURCES.md"));
        var files = Directory.GetFiles(s_folder).Where(f => !f.EndsWith(".md", StringComparison.Ordinal)).ToArray();
        Assert.InRange(files.Length, 4, 12);
        Assert.InRange(files.Sum(f => new FileInfo(f).Length), 0, 5_000_000);
        foreach (var file in files)
        {
            var artwork = Artwork.Load(file);
            Assert.InRange(Math.Min(artwork.Width, artwork.Height), 512, 2000);
            Assert.Empty(artwork.Metadata.Notes);
            Assert.Contains(Path.GetFileName(file), sources, StringComparison.Ordinal);
            Assert.Contains($"{artwork.Width} × {artwork.Height}", sources, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_main_sample_is_opaque_and_1024_pixels_wide()
    {
        var artwork = Load("van-goghs-room-1024.png");
        Assert.Equal((1024, 8, false), (artwork.Width, artwork.BitDepth, artwork.HasAlpha));
    }

    [Fact]
    public void One_is_larger_than_1500_pixels() => Assert.Equal(1600, Load("fruit-still-life-1600.png").Width);

    [Fact]
    public void One_has_alpha()
    {
        var alpha = Load("geranium-alpha.webp").Alpha.ToArray();
        Assert.Contains((ushort)0, alpha);
        Assert.Contains((ushort)255, alpha);
    }

    [Fact]
    public void One_has_an_icc_profile()
    {
        var artwork = Load("flowers-display-p3.png");
        Assert.Equal("RGB", IccProfileHeader.ColourSpace(artwork.Metadata.IccProfile!.Value.Span));
        Assert.Equal(artwork.Metadata.IccProfile.Value.ToArray(), Artwork.Load(artwork.Encode(ArtworkFormat.Png)).Metadata.IccProfile!.Value.ToArray());
    }

    [Fact]
    public void One_jpeg_lies_on_its_side()
    {
        using var stored = Image.NewFromFile(Path.Combine(s_folder, "school-in-fall-turned.jpg"));
        var artwork = Load("school-in-fall-turned.jpg");
        Assert.Equal(6, (int)stored.Get("orientation"));
        Assert.Equal((stored.Height, stored.Width), (artwork.Width, artwork.Height));
        Assert.Equal("AbiClipart", TestPictures.ExifText(artwork.Metadata.Exif, 0x013B));
    }

    private static Artwork Load(string name) => Artwork.Load(Path.Combine(s_folder, name));

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (Directory.Exists(Path.Combine(folder.FullName, "samples", "artworks"))) return Path.Combine(folder.FullName, "samples", "artworks");
        throw new DirectoryNotFoundException("samples/artworks was not found above the test assembly.");
    }
}
