using System.Globalization;
using NetVips;

namespace StyleProtect.MiniModel.Training.Data.Building;

/// <summary>SVG to 8-bit RGB on white, with librsvg's rsvg-convert.</summary>
internal static class Rasterizer
{
    // Twice the size and a 2 × 2 mean: filters of some drawings cut their edges at whole pixels.
    private const int Finer = 2;
    private const string HowToInstall = "Install librsvg's command line (Debian: apt-get install librsvg2-bin).";

    /// <summary>The pictures of one sheet, each size × size × 3 bytes.</summary>
    internal static async Task<IReadOnlyList<byte[]>> DrawSheetAsync(IReadOnlyList<Drawing> drawings, int size, CancellationToken cancellationToken)
    {
        var png = await ConvertAsync(["--unlimited"], SvgSheet.Compose(drawings, size * Finer), cancellationToken);
        using var image = Image.NewFromBuffer(png);
        var columns = SvgSheet.Columns(drawings.Count);
        var pixels = ToRgb(image, columns * size);
        return [.. Enumerable.Range(0, drawings.Count).Select(i => Cell(pixels, i, columns, size))];
    }

    /// <summary>One whole SVG file, centred with the same margin as on a sheet.</summary>
    internal static async Task<byte[]> DrawFileAsync(string path, int size, CancellationToken cancellationToken)
    {
        var fine = size * Finer;
        var side = (fine - 2 * SvgSheet.Margin(fine)).ToString(CultureInfo.InvariantCulture);
        var png = await ConvertAsync(["--unlimited", "--keep-aspect-ratio", "--width", side, "--height", side, path], input: null, cancellationToken);
        using var image = Image.NewFromBuffer(png);
        using var opaque = Flatten(image);
        using var square = opaque.Gravity(Enums.CompassDirection.Centre, fine, fine, extend: Enums.Extend.Background, background: [255, 255, 255]);
        return ToRgb(square, size);
    }

    private static Task<byte[]> ConvertAsync(IEnumerable<string> arguments, string? input, CancellationToken cancellationToken) =>
        ExternalTool.RunAsync("rsvg-convert", arguments, HowToInstall, input, TimeSpan.FromMinutes(10), cancellationToken); // blur filters on a busy machine

    private static byte[] ToRgb(Image image, int side)
    {
        using var opaque = Flatten(image);
        if (opaque.Width != side * Finer || opaque.Height != side * Finer || opaque.Bands != 3)
            throw new DataBuildException(
                $"rsvg-convert drew {opaque.Width} × {opaque.Height} with {opaque.Bands} bands instead of {side * Finer} × {side * Finer} RGB.");
        using var smaller = opaque.Shrink(Finer, Finer);
        return smaller.WriteToMemory<byte>();
    }

    private static Image Flatten(Image image)
    {
        using var rgb = image.Colourspace(Enums.Interpretation.Srgb);
        return rgb.HasAlpha() ? rgb.Flatten(background: [255, 255, 255]) : rgb.Copy();
    }

    private static byte[] Cell(byte[] sheet, int index, int columns, int size)
    {
        var cell = new byte[size * size * 3];
        int left = index % columns * size, top = index / columns * size, stride = columns * size * 3;
        for (var row = 0; row < size; row++)
            sheet.AsSpan((top + row) * stride + left * 3, size * 3).CopyTo(cell.AsSpan(row * size * 3));
        return cell;
    }
}
