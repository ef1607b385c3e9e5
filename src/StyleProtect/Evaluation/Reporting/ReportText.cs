using System.Net;

namespace StyleProtect.Evaluation.Reporting;

/// <summary>What the page's parts have in common.</summary>
internal static class ReportText
{
    internal const string Style = """
        :root{color-scheme:light dark;--line:#8885;--accent:#2b62c9}
        @media(prefers-color-scheme:dark){:root{--accent:#8ab0ff}}
        body{font:16px/1.5 system-ui,sans-serif;max-width:76rem;margin:2rem auto;padding:0 1.2rem}
        h1{font-size:1.9rem;line-height:1.2}h2{margin-top:2.4rem;font-size:1.35rem}h3{margin:1.4rem 0 .3rem;font-size:1.05rem}
        .verdict{border-left:5px solid var(--accent);padding:.2rem 1.2rem;background:#8881;border-radius:0 6px 6px 0}.verdict h2{margin-top:.4rem}
        .scroll{overflow-x:auto}table{border-collapse:collapse;margin:.6rem 0;font-variant-numeric:tabular-nums}
        caption{text-align:left;padding:.3rem 0}th,td{padding:.35rem .8rem;text-align:right;border-bottom:1px solid var(--line);vertical-align:top}
        th:first-child,td.words{text-align:left}td small{display:block;opacity:.8;white-space:nowrap}thead th{vertical-align:bottom}
        td.heat{text-align:center;border:2px solid Canvas}
        figure{margin:1rem 0}figcaption{font-weight:600;margin-bottom:.2rem}
        .strip{display:flex;flex-wrap:wrap;gap:5px}
        .strip img{width:104px;height:104px;object-fit:contain;image-rendering:pixelated;background:#8882;border-radius:3px}
        summary{cursor:pointer;padding:.3rem 0;font-weight:600}:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
        dt{font-weight:600}dd{margin:0 0 .5rem 1.2rem}svg{max-width:100%;height:auto}svg text{font:13px system-ui,sans-serif;fill:currentColor}
        """;

    internal static string Escape(string text) => WebUtility.HtmlEncode(text);
}
