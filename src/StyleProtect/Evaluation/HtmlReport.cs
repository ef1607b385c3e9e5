using System.Globalization;
using System.Text;
using StyleProtect.Evaluation.Reporting;

namespace StyleProtect.Evaluation;

/// <summary>Writes an evaluation as one HTML file that needs nothing beside it: pictures inside, no script, no network.</summary>
public static class HtmlReport
{
    /// <summary>Writes the page.</summary>
    /// <param name="path">The file; replaced if it exists.</param>
    /// <param name="title">Name of the artist.</param>
    /// <param name="summary">The results.</param>
    /// <param name="folder">The evaluation's folder, for its pictures.</param>
    /// <param name="options">What was compared.</param>
    public static void Write(string path, string title, EvaluationSummary summary, string folder, EvaluationOptions options)
    {
        ArgumentNullException.ThrowIfNull(summary);
        ArgumentNullException.ThrowIfNull(options);
        var name = ReportText.Escape(title);
        var page = new StringBuilder();
        page.Append(
            CultureInfo.InvariantCulture,
            $"<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">" +
            $"<title>Style mimicry of {name}</title><style>{ReportText.Style}</style></head>\n<body>\n<main>\n");
        page.Append(
            CultureInfo.InvariantCulture,
            $"<h1>How much of the style of {name} does a mimic copy?</h1>\n<section class=\"verdict\" aria-labelledby=\"verdict\">\n" +
            $"<h2 id=\"verdict\">Verdict</h2>\n");
        foreach (var line in summary.Verdict) page.Append(CultureInfo.InvariantCulture, $"<p>{ReportText.Escape(line)}</p>\n");
        page.Append("</section>\n");
        ReportPictures.Write(page, new EvaluationFolder(folder), options);
        ReportTables.Write(page, summary);
        page.Append(
            CultureInfo.InvariantCulture,
            $"<h2>How it was measured</h2>\n" +
            $"<p>{options.Seeds.Count} {(options.Seeds.Count == 1 ? "repetition" : "repetitions")} of each attack, the same prompts and seeds for every " +
            $"condition. Intervals: 95 %, bootstrap over the repetitions.</p>\n<dl>\n");
        foreach (var metric in summary.Metrics)
            page.Append(CultureInfo.InvariantCulture, $"<dt>{ReportText.Escape(metric.Title)}</dt><dd>{ReportText.Escape(metric.Meaning)}</dd>\n");
        page.Append(
            CultureInfo.InvariantCulture,
            $"</dl>\n<details><summary>Settings of the mimic and its prompts</summary><p>{ReportText.Escape(options.Attack.ToString())}</p><ol>\n");
        foreach (var prompt in options.Prompts) page.Append(CultureInfo.InvariantCulture, $"<li>{ReportText.Escape(prompt)}</li>\n");
        page.Append("</ol></details>\n</main>\n</body>\n</html>\n");
        EvaluationJson.WriteText(Path.GetFullPath(path), page.ToString());
    }
}
