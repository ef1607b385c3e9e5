using ScottPlot;

namespace StyleProtect.Cli.Measuring;

/// <summary>Empty plots in the report's look, and their PNG.</summary>
internal static class PlotCanvas
{
    /// <summary>Colour of layers in the paper's set.</summary>
    internal static readonly Color Paper = Color.FromHex("#d9480f");

    /// <summary>Colour of the others.</summary>
    internal static readonly Color Other = Color.FromHex("#1c5d99");

    internal static readonly Color Faint = Color.FromHex("#c8ccd0");

    internal static Plot Create(string title, string x = "", string y = "")
    {
        RegisterFont();
        var plot = new Plot();
        plot.Title(title, 16);
        plot.XLabel(x, 13);
        plot.YLabel(y, 13);
        // Only the regular face is registered.
        foreach (var label in (LabelStyle[])[plot.Axes.Title.Label, plot.Axes.Bottom.Label, plot.Axes.Left.Label]) label.Bold = false;
        return plot;
    }

    internal static byte[] Png(Plot plot, int width, int height) => plot.GetImage(width, height).GetImageBytes(ImageFormat.Png);

    /// <summary>The plot library's own search needs fontconfig, which its build without dependencies does not have.</summary>
    private static void RegisterFont()
    {
        const string name = "DejaVu Sans", file = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf";
        if (!File.Exists(file) || Fonts.Default == name) return;
        Fonts.AddFontFile(name, file, bold: false, italic: false);
        Fonts.Default = name;
    }
}
