using StyleProtect.Attacks.Purification;
using StyleProtect.Evaluation;
using StyleProtect.Evaluation.Metrics;
using StyleProtect.Tests.Artworks;
using StyleProtect.Tests.Attacks;
using StyleProtect.Tests.Protection;
using Xunit;

namespace StyleProtect.Tests.Evaluation;

/// <summary>The page in a real browser.</summary>
public sealed class HtmlReportBrowserTests
{
    private const string Questions = """
        const all = s => [...document.querySelectorAll(s)];
        result.broken = all('img').filter(i => !i.complete || i.naturalWidth === 0).length;
        result.pictures = all('img').length;
        result.requests = performance.getEntriesByType('resource').map(e => e.name).filter(n => !n.startsWith('data:'));
        result.references = all('[src],[href]').map(e => e.getAttribute('src') ?? e.getAttribute('href')).filter(n => !n.startsWith('data:'));
        result.lang = document.documentElement.lang; result.title = document.title;
        result.headings = all('h1,h2,h3,h4').map(h => +h.tagName[1]);
        result.withoutAlt = all('img').filter(i => !i.alt.trim()).length;
        result.sameAlt = all('img').length - new Set(all('img').map(i => i.alt)).size;
        result.headersWithoutScope = all('th').filter(h => !['col', 'row'].includes(h.scope)).length;
        result.tables = all('table').length; result.captions = all('table > caption').length;
        result.unnamedPlots = all('svg').filter(s => s.getAttribute('role') !== 'img' || !s.getAttribute('aria-label')).length;
        result.focusable = all('summary, .scroll[tabindex]').every(e => { e.focus(); return document.activeElement === e; });
        result.details = all('details').length;
        result.opens = all('details').every(d => { const before = d.open; d.querySelector('summary').click(); return d.open !== before; });
        result.mains = all('main').length;
        result.unnamedRegions = all('[role=region]').filter(r => !r.getAttribute('aria-label')).length;
        result.tooWide = document.documentElement.scrollWidth > innerWidth;
        """;

    [Fact]
    public async Task The_page_shows_every_picture_asks_for_nothing_and_can_be_used_without_eyes_and_mouse()
    {
        Assert.SkipWhen(HeadlessBrowser.Program is null, "There is no headless Chromium on this machine (Debian: apt-get install chromium-headless-shell).");
        using var folder = new TempFolder();
        var page = Page(folder);
        var answer = await HeadlessBrowser.Ask(page, folder["asking.html"], Questions, TestContext.Current.CancellationToken);
        Assert.Equal(0, (int)answer["broken"]!);
        Assert.Equal(2 * 8, (int)answer["pictures"]!); // originals, published and difference of two, before, two mimics, both after the purifier
        Assert.Empty(answer["requests"]!.AsArray());
        Assert.Empty(answer["references"]!.AsArray());
        Assert.Equal("en", (string?)answer["lang"]);
        Assert.Equal("Style mimicry of A & <B>", (string?)answer["title"]);
        int[] headings = [.. answer["headings"]!.AsArray().Select(h => (int)h!)];
        Assert.Equal(1, headings[0]);
        Assert.Single(headings, 1);
        foreach (var (above, below) in headings.Zip(headings.Skip(1))) Assert.InRange(below, 2, above + 1);
        foreach (var fault in (string[])["withoutAlt", "sameAlt", "headersWithoutScope", "unnamedPlots", "unnamedRegions"])
            Assert.Equal((fault, 0), (fault, (int)answer[fault]!));
        Assert.Equal((int)answer["tables"]!, (int)answer["captions"]!);
        Assert.Equal(3, (int)answer["tables"]!);
        Assert.Equal(2, (int)answer["details"]!);
        foreach (var virtue in (string[])["focusable", "opens"]) Assert.True((bool)answer[virtue]!, virtue);
        Assert.Equal(1, (int)answer["mains"]!);
        Assert.False((bool)answer["tooWide"]!);
    }

    [Fact]
    public async Task The_browser_finds_what_is_broken()
    {
        Assert.SkipWhen(HeadlessBrowser.Program is null, "There is no headless Chromium on this machine (Debian: apt-get install chromium-headless-shell).");
        using var folder = new TempFolder();
        const string page = "<html><body><h3>x</h3><img src=\"data:image/png;base64,AAAA\"><img " +
            "src=\"http://localhost:9/missing.png\"><table><tr><th>a</th></tr></table></body></html>";
        var answer = await HeadlessBrowser.Ask(page, folder["asking.html"], Questions, TestContext.Current.CancellationToken);
        Assert.Equal((2, 2, 1), ((int)answer["broken"]!, (int)answer["withoutAlt"]!, (int)answer["headersWithoutScope"]!));
        foreach (var way in (string[])["requests", "references"])
            Assert.EndsWith("missing.png", (string?)Assert.Single(answer[way]!.AsArray()), StringComparison.Ordinal);
        Assert.Equal(0, (int)answer["captions"]!);
    }

    private static string Page(TempFolder folder)
    {
        var options = new EvaluationOptions
        {
            Conditions = [new(EvaluationCondition.Clean, null), new("styleprotect:none@eps=4", TinyProtector.Options)],
            Purifiers = Purifiers.ParseAll(["none", "jpeg:75"]),
            Attack = TinySimulator.Options,
            Prompts = TinySimulator.Prompts,
            Seeds = [1],
            Artist = "A & <B>",
        };
        var files = new EvaluationFolder(folder.Path);
        var seed = 0;
        foreach (var place in (string[])[files.Originals, files.Protected(options.Conditions[1].Name), files.Generated(EvaluationFolder.Before, "none", 1),
                     .. from c in options.Conditions from p in options.Purifiers select files.Generated(c.Name, p.Name, 1)])
            KeptPictures.Save([TestPictures.Random(32, 32, 8, false, ++seed), TestPictures.Random(300, 290, 8, false, ++seed)], place, "");
        MetricInfo[] metrics = [new("style", "style similarity", "Cosine."), new("noise", "noise", "Grain.")];
        EvaluationRun[] runs = [.. from c in options.Conditions from p in options.Purifiers select Run(c.Name, p.Name, c.Protection is null ? 0.8 : 0.6)];
        var summary = EvaluationSummary.Of(metrics, [Run("before", "none", 0.4)], runs);
        HtmlReport.Write(folder["report.html"], options.Artist, summary, folder.Path, options);
        return File.ReadAllText(folder["report.html"]);

        static EvaluationRun Run(string condition, string purifier, double style) =>
            new(condition, purifier, 1, "") { Metrics = new Dictionary<string, double> { ["style"] = style, ["noise"] = 3 } };
    }
}
