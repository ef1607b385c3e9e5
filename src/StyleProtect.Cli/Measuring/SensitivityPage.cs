using System.Globalization;
using System.Net;
using System.Text;
using StyleProtect.Cli.Text;

namespace StyleProtect.Cli.Measuring;

/// <summary>A <see cref="SensitivityDocument"/> as one HTML file with its pictures inside: nothing is fetched when it is opened.</summary>
internal static class SensitivityPage
{
    private const string Style =
        "body{font:16px/1.5 system-ui,sans-serif;max-width:1040px;margin:2em auto;padding:0 1em;color:#1a1d21}" +
        ".verdict{background:#eef4fa;border-left:6px solid #1c5d99;padding:.8em 1.2em}.verdict b{font-size:1.5em;line-height:1.3}.verdict p{margin:.4em 0}" +
        "h2{margin-top:2em}table{border-collapse:collapse}td,th{padding:.2em .7em;white-space:nowrap;text-align:right;border-bottom:1px solid " +
            "#ddd}td:first-child{text-align:left}img{max-width:100%}.quiet{color:#5c636a}";

    internal static string Create(SensitivityDocument document)
    {
        var verdict = new SensitivityVerdict(document);
        var html = new StringBuilder()
            .Append(CultureInfo.InvariantCulture,
                $"<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Which layers carry style</title><style>{Style}</style>\n<h1>Which layers " +
                    $"carry style</h1>\n")
            .Append(CultureInfo.InvariantCulture,
                $"<p class=\"quiet\">Model {Text(ModelName(document.Model))} ({Text(document.Kind)}), {document.Pictures} pictures noised to the timesteps " +
                    $"{string.Join(", ", document.Timesteps)}.</p>\n")
            .Append(CultureInfo.InvariantCulture, $"<div class=\"verdict\"><p><b>{Text(verdict.Headline)}</b></p>")
            .AppendJoin("", verdict.Lines.Select(l => $"<p>{Text(l)}</p>")).Append("</div>\n");
        Image(html, SensitivityPlots.Ranking(document, verdict), "Layers by their mean rank");
        html.Append("<h2>Layer by measure</h2>\n");
        Image(html, SensitivityPlots.HeatMap(document), "Layer by measure");
        html.Append("<h2>Style against content</h2>\n");
        Image(html, SensitivityPlots.Scatter(document), "Style against content");
        html.Append("<h2>Over the timesteps</h2>\n");
        foreach (var measure in document.Measures)
            if (SensitivityPlots.Curves(document, measure) is { } curves) Image(html, curves, $"{measure} over timesteps");
        Numbers(html, document);
        html.Append("<h2>How far to trust it</h2><ul>");
        foreach (var measure in document.Measures)
            html.Append(CultureInfo.InvariantCulture,
            $"<li>{Text(measure)}: Kendall's τ between the halves of the seeds {Format.NumberOrDash(document.Stability[measure], "0.00")}</li>");
        foreach (var agreement in document.Agreements)
            html.Append(CultureInfo.InvariantCulture,
            $"<li>{Text(agreement.First)} and {Text(agreement.Second)}: τ {Format.NumberOrDash(agreement.Tau, "0.00")}</li>");
        foreach (var (measure, reason) in document.Skipped)
            html.Append(CultureInfo.InvariantCulture, $"<li>{Text(measure)} was not measured: {Text(reason)}</li>");
        return html.Append("</ul></html>\n").ToString();
    }

    private static void Numbers(StringBuilder html, SensitivityDocument document)
    {
        html.Append("<h2>Numbers</h2><p class=\"quiet\">Mean ± spread over pictures, seeds and timesteps; ■ in the paper's set.</p><table><tr><th>layer</th>")
            .AppendJoin("", document.Measures.Select(m => $"<th>{Text(m)}</th>")).Append("</tr>\n");
        foreach (var layer in document.Layers)
        {
            html.Append(CultureInfo.InvariantCulture, $"<tr><td>{Text(SensitivityTable.ShortName(layer.Name))}{(layer.InPaperSet ? " ■" : "")}</td>")
                .AppendJoin("", document.Measures.Select(m =>
                    $"<td>{Format.Significant(layer.Scores[m].Mean)} ± {Format.Significant(layer.Scores[m].Spread)}</td>")).Append("</tr>\n");
        }

        html.Append("</table>");
    }

    /// <summary>The folder's name alone: a page is passed on, and where it was made is nobody's business.</summary>
    private static string ModelName(string folder) => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));

    private static void Image(StringBuilder html, byte[] png, string description) =>
        html.Append(CultureInfo.InvariantCulture, $"<p><img alt=\"{Text(description)}\" src=\"data:image/png;base64,{Convert.ToBase64String(png)}\"></p>\n");

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
