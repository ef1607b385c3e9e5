using System.Globalization;
using NetVips;

namespace TrainMiniModel.Data.Building;

/// <summary>SVG to 8-bit RGB on white, with librsvg's rsvg-convert.</summary>
internal static class Rasterizer
{
    private const string HowToInstall = "Install librsvg's command line (Debian: apt-get install librsvg2-bin).";

    /// <summary>The pictures of one sheet, each size × size × 3 bytes.</summary>
    internal static async Task<IReadOnlyList<byte[]>> DrawSheetAsync(IReadOnlyList<Drawing> drawings, int size, CancellationToken cancellationToken)
    {
        var png = await ConvertAsync(["--unlimited"], SvgSheet.Compose(drawings, size), cancellationToken);
        using var image = Image.NewFromBuffer(png);
        var pixels = ToRgb(image, SvgSheet.Columns * size, SvgSheet.Columns * size);
        return [.. Enumerable.Range(0, drawings.Count).Select(i => Cell(pixels, i, size))];
    }

    /// <summary>One whole SVG file, centred with the same margin as on a sheet.</summary>
    internal static async Task<byte[]> DrawFileAsync(string path, int size, CancellationToken cancellationToken)
    {
        var side = (size - 2 * SvgSheet.Margin(size)).ToString(CultureInfo.InvariantCulture);
        var png = await ConvertAsync(["--unlimited", "--keep-aspect-ratio", "--width", side, "--height", side, path], input: null, cancellationToken);
        using var image = Image.NewFromBuffer(png);
        using var opaque = Flatten(image);
        using var square = opaque.Gravity(Enums.CompassDirection.Centre, size, size, extend: Enums.Extend.Background, background: [255, 255, 255]);
        return ToRgb(square, size, size);
    }

    private static Task<byte[]> ConvertAsync(IEnumerable<string> arguments, string? input, CancellationToken cancellationToken) =>
        ExternalTool.RunAsync("rsvg-convert", arguments, HowToInstall, input, TimeSpan.FromMinutes(1), cancellationToken);

    private static byte[] ToRgb(Image image, int width, int height)
    {
        using var opaque = Flatten(image);
        if (opaque.Width != width || opaque.Height != height || opaque.Bands != 3)
            throw new DataBuildException($"rsvg-convert drew {opaque.Width} × {opaque.Height} with {opaque.Bands} bands instead of {width} × {height} RGB.");
        return opaque.WriteToMemory<byte>();
    }

    private static Image Flatten(Image image)
    {
        using var rgb = image.Colourspace(Enums.Interpretation.Srgb);
        return rgb.HasAlpha() ? rgb.Flatten(background: [255, 255, 255]) : rgb.Copy();
    }

    private static byte[] Cell(byte[] sheet, int index, int size)
    {
        var cell = new byte[size * size * 3];
        int left = index % SvgSheet.Columns * size, top = index / SvgSheet.Columns * size, stride = SvgSheet.Columns * size * 3;
        for (var row = 0; row < size; row++)
            sheet.AsSpan((top + row) * stride + left * 3, size * 3).CopyTo(cell.AsSpan(row * size * 3));
        return cell;
    }
}
