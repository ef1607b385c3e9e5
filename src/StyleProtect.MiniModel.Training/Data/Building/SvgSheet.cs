using System.Globalization;
using System.Text;

namespace StyleProtect.MiniModel.Training.Data.Building;

/// <summary>Many drawings on one SVG: starting the rasteriser costs more than drawing an icon.</summary>
internal static class SvgSheet
{
    /// <summary>Most drawings in a row and in a column.</summary>
    internal const int MostColumns = 8;

    /// <summary>Most drawings on a sheet.</summary>
    internal const int Cells = MostColumns * MostColumns;

    /// <summary>Drawings in a row of a sheet of <paramref name="count"/> drawings; a sheet is square.</summary>
    internal static int Columns(int count) => (int)Math.Ceiling(Math.Sqrt(count));

    /// <summary>A sheet of up to <see cref="Cells"/> drawings, row by row, each centred in a square of <paramref name="size"/> pixels.</summary>
    internal static string Compose(IReadOnlyList<Drawing> drawings, int size)
    {
        if (drawings.Count is < 1 or > Cells) throw new ArgumentException($"A sheet holds 1 to {Cells} drawings, not {drawings.Count}.", nameof(drawings));
        var columns = Columns(drawings.Count);
        var margin = Margin(size);
        var svg = new StringBuilder();
        svg.Append(
            CultureInfo.InvariantCulture,
            $"""<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="{columns * size}" height="{columns * size}">""");
        for (var i = 0; i < drawings.Count; i++)
        {
            var d = drawings[i];
            int x = i % columns * size + margin, y = i / columns * size + margin, side = size - 2 * margin;
            svg.Append(
                CultureInfo.InvariantCulture,
                $"""<svg x="{x}" y="{y}" width="{side}" height="{side}" viewBox="{d.Left} {d.Top} {d.Width} {d.Height}" overflow="hidden">""")
                .Append(SvgIds.Prefix(d.Body, string.Create(CultureInfo.InvariantCulture, $"c{i}-")))
                .Append("</svg>");
        }

        return svg.Append("</svg>").ToString();
    }

    /// <summary>White border around a drawing, in pixels.</summary>
    internal static int Margin(int size) => size / 32;
}
