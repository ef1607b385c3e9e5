using System.Globalization;
using System.Text;
using StyleProtect.Evaluation.Metrics;

namespace StyleProtect.Evaluation.Reporting;

/// <summary>The page's tables.</summary>
internal static class ReportTables
{
    internal static void Write(StringBuilder page, EvaluationSummary summary)
    {
        page.Append("<h2>Metrics</h2>\n<h3>Style that was copied</h3>\n");
        ReportPlot.Write(page, [.. summary.Results.Where(r => r.Purifier == EvaluationRun.NoPurifier && r.Removed is not null)]);
        const string gain = "Gain: style similarity above the model before training. Removed: share of the clean mimic's gain that is missing, paired by seed.";
        Table(page, gain, ["condition", "purifier", "gain", "removed", "diverged"], () =>
        {
            foreach (var result in summary.Results)
                page.Append(
                    CultureInfo.InvariantCulture,
                    $"<tr><th scope=\"row\">{ReportText.Escape(result.Condition)}</th><td class=\"words\">{ReportText.Escape(result.Purifier)}</td>" +
                    $"<td>{result.Gain?.ToText("0.000") ?? "–"}</td><td>{Share(result.Removed)}</td><td>{result.Diverged}</td></tr>\n");
        });
        var purifiers = summary.Results.Select(r => r.Purifier).Distinct(StringComparer.Ordinal).ToArray();
        if (purifiers.Length > 1) Heat(page, summary, purifiers);
        if (summary.Published.Count > 0) Published(page, summary.Published);
        page.Append("<h3>Every metric of the generated pictures</h3>\n");
        const string every = "Mean and interval; below, the difference to the clean mimic of the same seed, bold where its interval leaves out zero.";
        Table(page, every, ["condition", "purifier", .. summary.Metrics.Select(m => m.Title)], () =>
        {
            Measured(page, "before training", EvaluationRun.NoPurifier, summary.Before, summary.Metrics);
            foreach (var result in summary.Results) Measured(page, result.Condition, result.Purifier, result.Metrics, summary.Metrics);
        });
    }

    /// <summary>How much each condition changed the pictures that are published.</summary>
    private static void Published(StringBuilder page, IReadOnlyList<PublishedResult> results)
    {
        string[] names = [.. results.SelectMany(r => r.Metrics).Select(m => m.Name).Distinct(StringComparer.Ordinal)];
        page.Append("<h3>How much the published pictures differ from the originals</h3>\n");
        Table(page, "Mean over the pictures; below, the picture that differs most.", ["condition", .. names], () =>
        {
            foreach (var result in results)
            {
                page.Append(CultureInfo.InvariantCulture, $"<tr><th scope=\"row\">{ReportText.Escape(result.Condition)}</th>");
                foreach (var name in names)
                {
                    var metric = result.Metrics.FirstOrDefault(m => m.Name == name);
                    page.Append(
                        CultureInfo.InvariantCulture,
                        $"<td>{(metric is null ? "–" : $"{Number(metric.Mean)}<small>{Number(metric.LeastSimilar)}</small>")}</td>");

                    string Number(double value) => ReportText.Escape($"{value.ToString("0.###", CultureInfo.InvariantCulture)} {metric.Unit}".TrimEnd());
                }

                page.Append("</tr>\n");
            }
        });
    }

    private static void Measured(
        StringBuilder page, string condition, string purifier, IReadOnlyDictionary<string, MetricEstimate> estimates, IReadOnlyList<MetricInfo> metrics)
    {
        page.Append(
            CultureInfo.InvariantCulture, $"<tr><th scope=\"row\">{ReportText.Escape(condition)}</th><td class=\"words\">{ReportText.Escape(purifier)}</td>");
        foreach (var metric in metrics)
        {
            if (!estimates.TryGetValue(metric.Key, out var estimate))
            {
                page.Append("<td>–</td>");
                continue;
            }

            page.Append(
                CultureInfo.InvariantCulture,
                $"<td>{ReportText.Escape(metric.ToText(estimate.Value.Mean))}<small>{ReportText.Escape(Range(estimate.Value, metric))}</small>");
            if (estimate.Difference is { } d)
            {
                var text = ReportText.Escape($"Δ {(d.Mean > 0 ? "+" : "")}{metric.ToText(d.Mean)} {Range(d, metric)}");
                page.Append(CultureInfo.InvariantCulture, $"<small>{(d.IsSignificant ? $"<strong>{text}</strong>" : text)}</small>");
            }

            page.Append("</td>");
        }

        page.Append("</tr>\n");
    }

    /// <summary>What each purifier leaves of each protection.</summary>
    private static void Heat(StringBuilder page, EvaluationSummary summary, string[] purifiers)
    {
        page.Append("<h3>What the purifiers leave</h3>\n");
        const string caption = "Share of the clean mimic's gain in style that is missing after each purifier; blue: less was copied, orange: more.";
        Table(page, caption, ["condition", .. purifiers], () =>
        {
            foreach (var condition in summary.Results.Select(r => r.Condition).Distinct(StringComparer.Ordinal))
            {
                page.Append(CultureInfo.InvariantCulture, $"<tr><th scope=\"row\">{ReportText.Escape(condition)}</th>");
                foreach (var purifier in purifiers)
                {
                    var removed = summary.Results.FirstOrDefault(r => r.Condition == condition && r.Purifier == purifier)?.Removed;
                    var tint = removed is null
                        ? ""
                        : string.Create(
                            CultureInfo.InvariantCulture,
                            $" style=\"background:rgba({(removed.Mean >= 0 ? "60,120,230" : "230,120,30")}," +
                            $"{Math.Min(0.6, Math.Abs(removed.Mean) * 0.9):0.00})\"");
                    page.Append(
                        CultureInfo.InvariantCulture,
                        $"<td class=\"heat\"{tint}>{(removed is null ? "–" : $"{Percent(removed.Mean)} %<small>{Interval(removed)}</small>")}</td>");
                }

                page.Append("</tr>\n");
            }
        });
    }

    private static void Table(StringBuilder page, string caption, IReadOnlyList<string> columns, Action rows)
    {
        page.Append(
            CultureInfo.InvariantCulture,
            $"<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{ReportText.Escape(caption)}\"><table>" +
            $"<caption>{ReportText.Escape(caption)}</caption>\n<thead><tr>");
        foreach (var column in columns) page.Append(CultureInfo.InvariantCulture, $"<th scope=\"col\">{ReportText.Escape(column)}</th>");
        page.Append("</tr></thead>\n<tbody>\n");
        rows();
        page.Append("</tbody></table></div>\n");
    }

    private static string Range(Estimate estimate, MetricInfo metric) =>
        estimate.Count == 1 ? "(one seed)" : $"({metric.ToText(estimate.Low)} to {metric.ToText(estimate.High)})";

    private static string Percent(double share) => (100 * share).ToString("0", CultureInfo.InvariantCulture);

    private static string Interval(Estimate removed) =>
        removed.Count == 1 ? "one seed" : string.Create(CultureInfo.InvariantCulture, $"{100 * removed.Low:0} to {100 * removed.High:0} %");

    private static string Share(Estimate? removed) => removed is null ? "–" : removed.ToText("0", 100) + " %";
}
