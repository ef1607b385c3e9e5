using System.Globalization;
using System.Text;

namespace StyleProtect.Evaluation.Reporting;

/// <summary>What each protection removed, as points with intervals on one axis.</summary>
internal static class ReportPlot
{
    private const int Left = 260, Width = 560, Row = 30, Top = 26;

    internal static void Write(StringBuilder page, IReadOnlyList<ConditionResult> results)
    {
        if (results.Count == 0) return;
        var low = Math.Min(-0.1, Floor(results.Min(r => r.Removed!.Low)));
        var high = Math.Max(1, -Floor(-results.Max(r => r.Removed!.High)));
        var height = Top + (Row * results.Count) + 10;
        var words = string.Join("; ", results.Select(r => $"{r.Condition} {r.Removed!.ToText("0", 100)} %"));
        page.Append(
            CultureInfo.InvariantCulture,
            $"<svg role=\"img\" aria-label=\"Removed of the clean mimic's gain: {ReportText.Escape(words)}\" width=\"{Left + Width + 60}\" " +
            $"height=\"{height}\" viewBox=\"0 0 {Left + Width + 60} {height}\">\n");
        var step = high - low > 2.2 ? 0.5 : 0.25;
        for (var tick = (Math.Ceiling(low / step) * step) + 0.0; tick <= high + 1e-9; tick += step)
            page.Append(
                CultureInfo.InvariantCulture,
                $"<line x1=\"{X(tick):0.#}\" x2=\"{X(tick):0.#}\" y1=\"{Top - 6}\" y2=\"{height - 6}\" stroke=\"currentColor\" " +
                $"stroke-opacity=\"{(Math.Abs(tick) < 1e-9 ? 0.8 : 0.2)}\"/>" +
                $"<text x=\"{X(tick):0.#}\" y=\"14\" text-anchor=\"middle\">{100 * tick:0} %</text>\n");
        foreach (var (i, result) in results.Index())
        {
            var (removed, y) = (result.Removed!, Top + (Row * i) + (Row / 2));
            page.Append(
                CultureInfo.InvariantCulture,
                $"<text x=\"{Left - 12}\" y=\"{y + 5}\" text-anchor=\"end\">{ReportText.Escape(result.Condition)}</text>" +
                $"<line x1=\"{X(removed.Low):0.#}\" x2=\"{X(removed.High):0.#}\" y1=\"{y}\" y2=\"{y}\" stroke=\"var(--accent)\" stroke-width=\"3\"/>" +
                $"<circle cx=\"{X(removed.Mean):0.#}\" cy=\"{y}\" r=\"6\" fill=\"var(--accent)\"/>\n");
        }

        page.Append("</svg>\n");

        double X(double value) => Left + (Width * (value - low) / (high - low));
    }

    private static double Floor(double value) => Math.Floor(value * 10) / 10;
}
