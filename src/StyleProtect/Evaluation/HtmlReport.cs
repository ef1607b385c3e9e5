using System.Globalization;
using System.Net;
using System.Text;

namespace StyleProtect.Evaluation;

/// <summary>Writes an evaluation as one HTML file that needs nothing beside it: pictures inside, no script, no network.</summary>
public static class HtmlReport
{
    private const int Shown = 12;

    private const string Style = """
        :root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}
        table{border-collapse:collapse;margin:1rem 0}th,td{padding:.3rem .8rem;text-align:right;border-bottom:1px solid #8886}th:first-child,td:first-child{text-align:left}
        figure{margin:1rem 0}figcaption{font-weight:600}.strip{display:flex;flex-wrap:wrap;gap:4px}.strip img{width:96px;height:auto;image-rendering:pixelated}
        .verdict{border-left:4px solid #46c;padding:.2rem 1rem}.bar{display:inline-block;height:.8rem;background:#46c}
        """;

    /// <summary>Writes the page.</summary>
    /// <param name="path">The file; replaced if it exists.</param>
    /// <param name="title">Name of the artist.</param>
    /// <param name="summary">The figures.</param>
    /// <param name="folder">The evaluation's folder, for its pictures.</param>
    /// <param name="options">What was compared.</param>
    public static void Write(string path, string title, EvaluationSummary summary, string folder, EvaluationOptions options)
    {
        ArgumentNullException.ThrowIfNull(summary);
        ArgumentNullException.ThrowIfNull(options);
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>Style mimicry of {Text(title)}</title><style>{Style}</style><body><main>");
        page.Append(CultureInfo.InvariantCulture, $"<h1>How much of the style of {Text(title)} does a mimic copy?</h1><section class=\"verdict\" aria-label=\"Verdict\">");
        foreach (var line in summary.Verdict) page.Append(CultureInfo.InvariantCulture, $"<p>{Text(line)}</p>");
        page.Append("</section><h2>Figures</h2><table><caption>Gain: style similarity above the model before training. Removed: share of the clean mimic's gain that is missing, paired by seed. 95 % intervals.</caption>");
        page.Append("<thead><tr><th scope=\"col\">condition</th><th scope=\"col\">purifier</th><th scope=\"col\">gain</th><th scope=\"col\">removed</th><th scope=\"col\">diverged</th></tr></thead><tbody>");
        foreach (var result in summary.Results)
            page.Append(CultureInfo.InvariantCulture, $"<tr><th scope=\"row\">{Text(result.Condition)}</th><td>{Text(result.Purifier)}</td><td>{(result.Gain?.ToText("0.000") ?? "–")}</td><td>{(result.Removed?.ToText("0", 100) ?? "–")}{(result.Removed is null ? "" : " %")}</td><td>{result.Diverged}</td></tr>");
        page.Append("</tbody></table><h2>Pictures</h2>");
        Strip(page, "The artist's pictures", Path.Combine(folder, "original"));
        foreach (var condition in options.Conditions.Where(c => c.Protection is not null)) Strip(page, $"As published: {condition.Name}", Path.Combine(folder, condition.Name));
        var seed = options.Seeds[0].ToString(CultureInfo.InvariantCulture);
        Strip(page, "What the model paints before it has seen them", Path.Combine(folder, "runs", $"before-none-{seed}"));
        foreach (var condition in options.Conditions) Strip(page, $"What the mimic paints: {condition.Name}", Path.Combine(folder, "runs", $"{condition.Name}-none-{seed}"));
        page.Append(CultureInfo.InvariantCulture, $"<h2>How it was measured</h2><p>{Text(options.Attack.ToString())}</p><ol>");
        foreach (var prompt in options.Prompts) page.Append(CultureInfo.InvariantCulture, $"<li>{Text(prompt)}</li>");
        page.Append("</ol></main></body></html>\n");
        File.WriteAllText(path + ".part", page.ToString());
        File.Move(path + ".part", path, overwrite: true);
    }

    private static void Strip(StringBuilder page, string caption, string folder)
    {
        if (!Directory.Exists(folder)) return;
        page.Append(CultureInfo.InvariantCulture, $"<figure><figcaption>{Text(caption)}</figcaption><div class=\"strip\">");
        foreach (var file in Directory.EnumerateFiles(folder, "*.png").Order(StringComparer.Ordinal).Take(Shown))
            page.Append(CultureInfo.InvariantCulture, $"<img alt=\"{Text(caption)}, picture {Path.GetFileNameWithoutExtension(file)}\" src=\"data:image/png;base64,{Convert.ToBase64String(File.ReadAllBytes(file))}\">");
        page.Append("</div></figure>");
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
