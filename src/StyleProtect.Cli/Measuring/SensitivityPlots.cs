using ScottPlot;
using StyleProtect.Cli.Text;

namespace StyleProtect.Cli.Measuring;

/// <summary>The pictures of the report page, as PNG.</summary>
internal static class SensitivityPlots
{
    private const int Named = 24; // more labels than that are no longer read
    private const int Highlighted = 5;

    /// <summary>Mean rank over the measures, best first: the answer at a glance.</summary>
    internal static byte[] Ranking(SensitivityDocument document, SensitivityVerdict verdict)
    {
        var layers = document.Layers.OrderBy(l => l.MeanRank).ThenBy(l => l.Index).Take(Named).ToArray();
        using var plot = PlotCanvas.Create($"Mean rank over {Count(document.Measures.Count, "measure")} (a longer bar is more style; orange: in the paper's " +
            "set)");
        for (var i = 0; i < layers.Length; i++)
        {
            var color = layers[i].InPaperSet ? PlotCanvas.Paper : PlotCanvas.Other;
            plot.Add.Bar(new Bar
            {
                Position = -i,
                Value = document.Layers.Count + 1 - layers[i].MeanRank,
                Orientation = Orientation.Horizontal,
                Size = 0.75,
                LineWidth = 0,
                FillColor = verdict.First.Contains(layers[i]) ? color : color.WithAlpha(0.35),
            });
            Write(plot, $"rank {Format.Number(layers[i].MeanRank, "0.0")}", document.Layers.Count + 1 - layers[i].MeanRank, -i, Alignment.MiddleLeft, 12)
                .OffsetX = 6;
        }

        plot.Axes.Left.SetTicks([.. layers.Select((_, i) => (double)-i)], [.. layers.Select(l => l.Label)]);
        plot.Axes.Bottom.SetTicks([], []);
        plot.Axes.SetLimits(0, document.Layers.Count * 1.12, -layers.Length + 0.4, 0.6);
        plot.HideGrid();
        return PlotCanvas.Png(plot, 1000, 90 + (24 * layers.Length));
    }

    /// <summary>Layer × measure, in depth order; each measure is scaled to mean 0 and deviation 1, because their units differ. The numbers are ranks.</summary>
    internal static byte[] HeatMap(SensitivityDocument document)
    {
        int rows = document.Layers.Count, columns = document.Measures.Count;
        var values = new double[rows, columns];
        using var plot = PlotCanvas.Create("How far each layer stands out, in standard deviations of the measure (number: rank; ■: in the paper's set)");
        for (var c = 0; c < columns; c++)
        {
            var means = document.Layers.Select(l => l.Scores[document.Measures[c]].Mean).ToArray();
            var mean = means.Average();
            var deviation = Math.Max(Math.Sqrt(means.Average(m => (m - mean) * (m - mean))), 1e-30);
            for (var r = 0; r < rows; r++) values[r, c] = (means[r] - mean) / deviation;
        }

        var map = plot.Add.Heatmap(values);
        map.Colormap = new ScottPlot.Colormaps.Viridis();
        map.ManualRange = new ScottPlot.Range(-2, 2.5);
        for (var r = 0; r < rows; r++)
            for (var c = 0; c < columns; c++)
                Write(plot, Format.Count(document.Layers[r].Scores[document.Measures[c]].Rank), c, rows - 1 - r, Alignment.MiddleCenter, 11,
                    values[r, c] > 0.8 ? Colors.Black : Colors.White);
        plot.Add.ColorBar(map);
        // The first row is drawn at the top.
        plot.Axes.Left.SetTicks([.. document.Layers.Select((_, r) => (double)(rows - 1 - r))],
            [.. document.Layers.Select(l => l.Label + (l.InPaperSet ? " ■" : ""))]);
        plot.Axes.Bottom.SetTicks([.. Enumerable.Range(0, columns).Select(c => (double)c)], [.. document.Measures]);
        plot.Axes.SetLimits(-0.5, columns - 0.5, -0.5, rows - 0.5);
        plot.HideGrid();
        return PlotCanvas.Png(plot, 1000, 110 + (26 * rows));
    }

    /// <summary>A curve over the timesteps for each layer; null for a measure without timesteps.</summary>
    internal static byte[]? Curves(SensitivityDocument document, string measure)
    {
        if (document.Timesteps.Count < 2 || document.Layers.Any(l => l.Scores[measure].ByTimestep.Count == 0)) return null;
        using var plot = PlotCanvas.Create($"{measure} over the timesteps: the {Highlighted} highest layers", "timestep (0 is clean, 999 pure noise)", measure);
        var palette = new ScottPlot.Palettes.ColorblindFriendly();
        // The highest last, above the others, and in the legend by rank.
        foreach (var layer in document.Layers.OrderBy(l => l.Scores[measure].Rank <= Highlighted).ThenBy(l => l.Scores[measure].Rank))
        {
            var curve = plot.Add.Scatter(document.Timesteps.Select(t => (double)t).ToArray(), layer.Scores[measure].ByTimestep.ToArray());
            var rank = layer.Scores[measure].Rank;
            (curve.Color, curve.LineWidth, curve.MarkerSize) = rank <= Highlighted ? (palette.GetColor(rank), 3, 8) : (PlotCanvas.Faint, 1, 0);
            if (rank <= Highlighted) curve.LegendText = $"{rank}. {layer.Label}{(layer.InPaperSet ? " ■" : "")}";
        }

        plot.Legend.OutlineWidth = 0;
        plot.Legend.ShadowColor = Colors.Transparent;
        plot.ShowLegend(Edge.Right);
        return PlotCanvas.Png(plot, 1000, 420);
    }

    /// <summary>How much each layer's output changes with the style words against the content words.</summary>
    internal static byte[] Scatter(SensitivityDocument document)
    {
        const int width = 1000, height = 720;
        using var plot = PlotCanvas.Create(
            "How much a layer's output changes (orange square: in the paper's set)", "relative change with other content words",
                "relative change with other style words");
        var padding = new PixelPadding(80, 30, 60, 50);
        plot.Layout.Fixed(padding);
        double right = Most(l => l.ContentResponse), top = Most(l => l.StyleResponse);
        plot.Axes.SetLimits(0, right, 0, top);
        var diagonal = plot.Add.Line(0, 0, Math.Min(right, top), Math.Min(right, top));
        (diagonal.Color, diagonal.LinePattern) = (PlotCanvas.Faint, LinePattern.Dashed);
        Write(plot, "above the line: style changes more", Math.Min(right, top) * 0.62, Math.Min(right, top) * 0.66, Alignment.LowerRight, 12, Colors.Gray);
        var area = new PixelRect(padding.Left, width - padding.Right, height - padding.Bottom, padding.Top);
        var pixels = document.Layers.Select(l =>
            new Pixel(area.Left + (float)(l.ContentResponse / right) * area.Width, area.Bottom - ((float)(l.StyleResponse / top) * area.Height))).ToArray();
        // With many layers only those with the most style for their content are named.
        var named = document.Layers.OrderByDescending(l => l.StyleResponse - l.ContentResponse).Take(Named).ToHashSet();
        var places = LabelLayout.Place(pixels,
            [.. document.Layers.Select(l => named.Contains(l) ? new PixelSize(10 + (8 * l.Label.Length), 18) : new PixelSize(float.MaxValue, 18))], area);
        for (var i = 0; i < pixels.Length; i++)
        {
            var layer = document.Layers[i];
            var color = layer.InPaperSet ? PlotCanvas.Paper : PlotCanvas.Other;
            if (places[i] is { } place)
            {
                double x = (place.Left + place.Right - (2 * area.Left)) / 2 / area.Width * right,
                    y = ((2 * area.Bottom) - place.Top - place.Bottom) / 2 / area.Height * top;
                var leader = plot.Add.Line(layer.ContentResponse, layer.StyleResponse, x, y);
                (leader.Color, leader.LineWidth) = (PlotCanvas.Faint, 1);
                var text = Write(plot, layer.Label, x, y, Alignment.MiddleCenter, 13, color);
                text.LabelBackgroundColor = Colors.White;
            }

            plot.Add.Marker(layer.ContentResponse, layer.StyleResponse, layer.InPaperSet ? MarkerShape.FilledSquare : MarkerShape.FilledCircle, 11, color);
        }

        return PlotCanvas.Png(plot, width, height);

        double Most(Func<MeasuredLayer, double> of) => Math.Max(document.Layers.Max(of) * 1.12, 1e-6);
    }

    private static ScottPlot.Plottables.Text Write(Plot plot, string text, double x, double y, Alignment alignment, float size, Color? color = null)
    {
        var label = plot.Add.Text(text, x, y);
        (label.LabelAlignment, label.LabelFontSize, label.LabelFontColor) = (alignment, size, color ?? Colors.Black);
        return label;
    }

    private static string Count(int number, string noun) => $"{number} {noun}{(number == 1 ? "" : "s")}";
}
