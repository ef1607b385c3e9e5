using System.Globalization;
using System.Net;
using System.Text;
using StyleProtect.Cli.Text;

namespace StyleProtect.Cli.Measuring;

/// <summary>A <see cref="SensitivityDocument"/> as one HTML file with its pictures inside.</summary>
internal static class SensitivityPage
{
    internal static string Create(SensitivityDocument document)
    {
        var html = new StringBuilder(
            $"""
            <!doctype html><html lang="en"><meta charset="utf-8"><title>Which layers carry style</title>
            <style>body{"{"}font:16px system-ui,sans-serif;max-width:1040px;margin:2em auto;padding:0 1em{"}"}table{"{"}border-collapse:collapse{"}"}td,th{"{"}padding:.2em .7em;text-align:right;border-bottom:1px solid #ddd{"}"}td:first-child{"{"}text-align:left{"}"}img{"{"}max-width:100%{"}"}</style>
            <h1>Which layers carry style</h1>
            <p>{Text(document.Kind)}, {Text(document.Model)}; {document.Pictures} pictures noised to timesteps {string.Join(", ", document.Timesteps)}.</p>

            """);
        Image(html, SensitivityPlots.HeatMap(document), "Layer by measure");
        Image(html, SensitivityPlots.Scatter(document), "Style against content");
        foreach (var measure in document.Measures)
            if (SensitivityPlots.Curves(document, measure) is { } curves) Image(html, curves, $"{measure} over timesteps");
        html.Append("<h2>Ranks</h2><table><tr><th>layer</th>").AppendJoin("", document.Measures.Select(m => $"<th>{Text(m)}</th>")).Append("</tr>\n");
        foreach (var layer in document.Layers)
        {
            html.Append(CultureInfo.InvariantCulture, $"<tr><td>{Text(SensitivityTable.ShortName(layer.Name))}{(layer.InPaperSet ? " *" : "")}</td>")
                .AppendJoin("", document.Measures.Select(m => string.Create(CultureInfo.InvariantCulture, $"<td>{layer.Scores[m].Rank}</td>"))).Append("</tr>\n");
        }

        html.Append("</table><p>* in the StyleProtect paper's set</p><h2>How far to trust it</h2><ul>");
        foreach (var measure in document.Measures) html.Append(CultureInfo.InvariantCulture, $"<li>{Text(measure)}: Kendall's τ between the halves of the seeds {Format.Figure(document.Stability[measure], "0.00")}</li>");
        foreach (var agreement in document.Agreements) html.Append(CultureInfo.InvariantCulture, $"<li>{Text(agreement.First)} and {Text(agreement.Second)}: τ {Format.Figure(agreement.Tau, "0.00")}</li>");
        foreach (var (measure, reason) in document.Skipped) html.Append(CultureInfo.InvariantCulture, $"<li>{Text(measure)} was not measured: {Text(reason)}</li>");
        return html.Append("</ul></html>\n").ToString();
    }

    private static void Image(StringBuilder html, byte[] png, string description) =>
        html.Append(CultureInfo.InvariantCulture, $"<p><img alt=\"{Text(description)}\" src=\"data:image/png;base64,{Convert.ToBase64String(png)}\"></p>\n");

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
