using ScottPlot;

namespace StyleProtect.Cli.Measuring;

/// <summary>The pictures of the report page, as PNG.</summary>
internal static class SensitivityPlots
{
    /// <summary>Layer × measure; each measure is scaled to mean 0 and deviation 1, because their units differ.</summary>
    internal static byte[] HeatMap(SensitivityDocument document)
    {
        int rows = document.Layers.Count, columns = document.Measures.Count;
        var values = new double[rows, columns];
        for (var c = 0; c < columns; c++)
        {
            var means = document.Layers.Select(l => l.Scores[document.Measures[c]].Mean).ToArray();
            var mean = means.Average();
            var deviation = Math.Max(Math.Sqrt(means.Average(m => (m - mean) * (m - mean))), 1e-30);
            for (var r = 0; r < rows; r++) values[r, c] = (means[r] - mean) / deviation;
        }

        using var plot = Create("How far each layer stands out (standard deviations; yellow is more style, * is in the paper's set)");
        plot.Add.Heatmap(values).Colormap = new ScottPlot.Colormaps.Viridis();
        // The first row is drawn at the top.
        plot.Axes.Left.SetTicks([.. document.Layers.Select((_, r) => (double)(rows - 1 - r))], [.. document.Layers.Select(Label)]);
        plot.Axes.Bottom.SetTicks([.. Enumerable.Range(0, columns).Select(c => (double)c)], [.. document.Measures]);
        return Png(plot, 1000, 120 + (26 * rows));
    }

    /// <summary>A curve over the timesteps for each layer; null for a measure without timesteps.</summary>
    internal static byte[]? Curves(SensitivityDocument document, string measure)
    {
        if (document.Layers.Any(l => l.Scores[measure].ByTimestep.Count == 0)) return null;
        using var plot = Create($"{measure} over the timesteps");
        var best = document.Layers.OrderBy(l => l.Scores[measure].Rank).Take(5).ToHashSet();
        foreach (var layer in document.Layers)
        {
            var curve = plot.Add.Scatter(document.Timesteps.Select(t => (double)t).ToArray(), layer.Scores[measure].ByTimestep.ToArray());
            if (best.Contains(layer)) (curve.LegendText, curve.LineWidth) = (Label(layer), 3);
            else curve.Color = Colors.LightGray;
        }

        plot.XLabel("timestep (0 is clean)");
        plot.YLabel(measure);
        plot.ShowLegend(Alignment.UpperRight);
        return Png(plot, 1000, 480);
    }

    /// <summary>How much each layer's output changes with the style words against the content words.</summary>
    internal static byte[] Scatter(SensitivityDocument document)
    {
        using var plot = Create("Change with other style words against other content words");
        foreach (var layer in document.Layers)
        {
            plot.Add.Marker(layer.ContentResponse, layer.StyleResponse, layer.InPaperSet ? MarkerShape.FilledSquare : MarkerShape.FilledCircle, 10, layer.InPaperSet ? Colors.OrangeRed : Colors.SteelBlue);
            plot.Add.Text(Label(layer), layer.ContentResponse, layer.StyleResponse);
        }

        var most = document.Layers.Max(l => Math.Max(l.StyleResponse, l.ContentResponse));
        plot.Add.Line(0, 0, most, most).Color = Colors.LightGray;
        plot.XLabel("relative change with other content words");
        plot.YLabel("relative change with other style words");
        return Png(plot, 1000, 640);
    }

    private static string Label(MeasuredLayer layer) =>
        SensitivityTable.ShortName(layer.Name).Replace("_blocks", "", StringComparison.Ordinal).Replace("attentions.", "", StringComparison.Ordinal) + (layer.InPaperSet ? " *" : "");

    private static Plot Create(string title)
    {
        RegisterFont();
        var plot = new Plot();
        plot.Title(title, 14);
        // Only the regular face is registered.
        foreach (var label in (LabelStyle[])[plot.Axes.Title.Label, plot.Axes.Bottom.Label, plot.Axes.Left.Label]) label.Bold = false;
        return plot;
    }

    private static byte[] Png(Plot plot, int width, int height) => plot.GetImage(width, height).GetImageBytes(ImageFormat.Png);

    /// <summary>The plot library's own search needs fontconfig, which its build without dependencies does not have.</summary>
    private static void RegisterFont()
    {
        const string name = "DejaVu Sans", file = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf";
        if (!File.Exists(file) || Fonts.Default == name) return;
        Fonts.AddFontFile(name, file, bold: false, italic: false);
        Fonts.Default = name;
    }
}
