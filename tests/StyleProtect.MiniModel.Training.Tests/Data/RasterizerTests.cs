using StyleProtect.MiniModel.Training.Data.Building;
using Xunit;

namespace StyleProtect.MiniModel.Training.Tests.Data;

public sealed class RasterizerTests : IDisposable
{
    private const int Size = 32;
    private readonly string _folder = Directory.CreateTempSubdirectory("rasterizer-").FullName;

    /// <summary>True where librsvg's command line is installed.</summary>
    public static bool Available =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(d => d.Length > 0 && File.Exists(Path.Combine(d, "rsvg-convert")));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact(Skip = "needs rsvg-convert", SkipUnless = nameof(Available))]
    public async Task Drawings_of_a_sheet_keep_their_place_colour_and_gradient()
    {
        string[] colours = ["#ff0000", "#00ff00", "#0000ff", "#804020", "#000000"];
        var drawings = colours.Select(
            c => new Drawing(
                c, $"""<linearGradient id="a"><stop stop-color="{c}"/></linearGradient><path id="b" fill="url(#a)" d="M-99 -99H99V99H-99z"/>""", 0, 0, 16,
                16)).ToList();
        var pictures = await Rasterizer.DrawSheetAsync(drawings, Size, TestContext.Current.CancellationToken);
        Assert.Equal(colours.Length, pictures.Count);
        foreach (var (colour, rgb) in colours.Zip(pictures))
        {
            Assert.Equal(colour, Colour(rgb, Size / 2, Size / 2));
            Assert.Equal(colour, Colour(rgb, 1, 1));
            // The drawing is larger than its view box: nothing may reach the margin.
            for (var i = 0; i < Size; i++)
                Assert.All(new[] { Colour(rgb, i, 0), Colour(rgb, i, Size - 1), Colour(rgb, 0, i), Colour(rgb, Size - 1, i) }, c => Assert.Equal("#ffffff", c));
        }
    }

    [Fact(Skip = "needs rsvg-convert", SkipUnless = nameof(Available))]
    public async Task A_wide_file_is_centred_on_white()
    {
        var path = Path.Combine(_folder, "wide.svg");
        await File.WriteAllTextAsync(
            path, """<svg xmlns="http://www.w3.org/2000/svg" width="200" height="100"><rect width="200" height="100" fill="#102030"/></svg>""",
            TestContext.Current.CancellationToken);
        var rgb = await Rasterizer.DrawFileAsync(path, Size, TestContext.Current.CancellationToken);
        Assert.Equal(Size * Size * 3, rgb.Length);
        Assert.Equal("#102030", Colour(rgb, Size / 2, Size / 2));
        Assert.Equal("#102030", Colour(rgb, 2, Size / 2));
        Assert.Equal("#ffffff", Colour(rgb, Size / 2, 2));
        Assert.Equal("#ffffff", Colour(rgb, Size / 2, Size - 3));
        Assert.Equal(0.5 * 30 * 30 / (Size * Size), PictureCheck.Ink(rgb), 0.05);
    }

    [Fact(Skip = "needs rsvg-convert", SkipUnless = nameof(Available))]
    public async Task A_broken_file_is_an_error()
    {
        var path = Path.Combine(_folder, "broken.svg");
        await File.WriteAllTextAsync(path, "<svg><path", TestContext.Current.CancellationToken);
        await Assert.ThrowsAsync<DataBuildException>(() => Rasterizer.DrawFileAsync(path, Size, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_missing_program_says_how_to_get_it()
    {
        var e = await Assert.ThrowsAsync<DataBuildException>(
            () => ExternalTool.RunAsync(
                "no-such-program-here", [], "Install it.", input: null, TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken));
        Assert.Contains("no-such-program-here", e.Message, StringComparison.Ordinal);
        Assert.Contains("Install it.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Blank_pictures_are_found()
    {
        var rgb = new byte[Size * Size * 3];
        Array.Fill(rgb, (byte)255);
        Assert.True(PictureCheck.IsBlank(rgb));
        rgb.AsSpan(0, 9 * 3).Clear();
        Assert.True(PictureCheck.IsBlank(rgb));
        rgb.AsSpan(0, 12 * 3).Clear();
        Assert.False(PictureCheck.IsBlank(rgb));
    }

    private static string Colour(byte[] rgb, int x, int y) => "#" + Convert.ToHexStringLower(rgb.AsSpan((y * Size + x) * 3, 3));
}
