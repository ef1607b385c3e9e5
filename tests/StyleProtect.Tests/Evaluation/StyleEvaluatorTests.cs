using System.Text.RegularExpressions;
using StyleProtect.Artworks;
using StyleProtect.Attacks;
using StyleProtect.Evaluation;
using StyleProtect.Metrics;
using StyleProtect.Tests.Artworks;
using StyleProtect.Tests.Attacks;
using Xunit;

namespace StyleProtect.Tests.Evaluation;

/// <summary>The experiment's bookkeeping and its page, with the tiny model.</summary>
public sealed class StyleEvaluatorTests(TinyEvaluation tiny) : IClassFixture<TinyEvaluation>
{
    private static EvaluationOptions Options => new()
    {
        Conditions = EvaluationCondition.WithControls(TinyEvaluation.Protection),
        Attack = TinyEvaluation.Mimic,
        Prompts = TinySimulator.Prompts,
        Seeds = [1],
        Artist = "A & <B>",
    };

    [Fact]
    public async Task An_interrupted_evaluation_goes_on_with_the_same_result()
    {
        using var whole = await Finished();
        using var broken = new TempFolder();
        var expected = EvaluationSummary.Read(whole.Path);
        await Assert.ThrowsAsync<OperationCanceledException>(() => Evaluate(broken, new Breaking(tiny.Simulator, 3)));
        var counted = new Breaking(tiny.Simulator, int.MaxValue);
        var resumed = await Evaluate(broken, counted);
        Assert.Equal(2, counted.Calls); // of four: untouched, clean, random, protected
        Assert.Equal(expected.Verdict, resumed.Verdict);
        Assert.Equal(await File.ReadAllTextAsync(whole["summary.json"], TestContext.Current.CancellationToken),
            await File.ReadAllTextAsync(broken["summary.json"], TestContext.Current.CancellationToken));
        var again = new Breaking(tiny.Simulator, int.MaxValue);
        await Evaluate(broken, again);
        Assert.Equal(0, again.Calls);
        await Evaluate(broken, again, Options with { Prompts = ["another prompt"] });
        Assert.Equal(4, again.Calls);
    }

    [Fact]
    public async Task A_diverged_attack_is_counted_and_the_rest_goes_on()
    {
        using var folder = new TempFolder();
        var summary = await Evaluate(folder, new Breaking(tiny.Simulator, 3, () => new AttackException("The attack diverged.") { DivergedAtStep = 2 }));
        Assert.Equal([0, 1, 0], summary.Results.Select(r => r.Diverged));
        Assert.Equal([true, false, true], summary.Results.Select(r => r.Gain is not null));
    }

    [Fact]
    public async Task The_page_needs_nothing_beside_it()
    {
        using var folder = await Finished();
        var summary = EvaluationSummary.Read(folder.Path);
        HtmlReport.Write(folder["report.html"], Options.Artist, summary, folder.Path, Options);
        var page = await File.ReadAllTextAsync(folder["report.html"], TestContext.Current.CancellationToken);
        Assert.Contains("A &amp; &lt;B&gt;", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<B>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("http", Regex.Replace(page, "data:[^\"]+", "", RegexOptions.None, TimeSpan.FromSeconds(10)), StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(folder.Path, page, StringComparison.Ordinal);
        foreach (var line in summary.Verdict) Assert.Contains(System.Net.WebUtility.HtmlEncode(line), page, StringComparison.Ordinal);
        // Originals, two published sets and their differences, before, and three mimics, of two pictures each.
        var pictures = Regex.Matches(page, "<img alt=\"[^\"]+\" src=\"data:image/png;base64,([^\"]+)\">", RegexOptions.None, TimeSpan.FromSeconds(10));
        Assert.Equal(2 * 9, pictures.Count);
        Assert.Equal(TinySimulator.Pictures[0].Rgb.ToArray(),
            Artwork.Load((ReadOnlySpan<byte>)Convert.FromBase64String(pictures[0].Groups[1].Value)).Rgb.ToArray());
    }

    /// <summary>How much the published pictures changed, by the library's metrics and one's own, in JSON, table and page.</summary>
    [Fact]
    public async Task Published_pictures_are_measured_by_picture_metrics()
    {
        using var folder = await Finished();
        var evaluator = new StyleEvaluator(tiny.Protector, tiny.Simulator,
            new MeanColour())
        { PublishedMetrics = [PictureMetrics.Psnr, PictureMetrics.LInfinity, new Own(1)] };
        var options = Options with { Conditions = [.. Options.Conditions, new("same", null) { Published = TinySimulator.Pictures }] };
        var summary = await evaluator.EvaluateAsync(TinySimulator.Pictures, options, folder.Path, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(["random", "styleprotect", "same"], summary.Published.Select(p => p.Condition));
        var random = summary.Published[0].Metrics;
        Assert.Equal(["PSNR", "L-infinity", "own"], random.Select(m => m.Name));
        var published = Artwork.Load(folder["protected/random/01.png"]);
        Assert.Equal(PictureMetrics.Psnr.Compute(TinySimulator.Pictures[1], published), random[0].ByPicture[1]);
        Assert.Equal((random[0].ByPicture.Min(), random[0].ByPicture.Average()), (random[0].LeastSimilar, random[0].Mean));
        Assert.Equal(random[1].ByPicture.Max(), random[1].LeastSimilar);
        Assert.Equal(double.PositiveInfinity, summary.Published[2].Metrics[0].Mean);
        var read = EvaluationSummary.Read(folder.Path);
        Assert.Equal(summary.Published.SelectMany(p => p.Metrics).SelectMany(m => m.ByPicture),
            read.Published.SelectMany(p => p.Metrics).SelectMany(m => m.ByPicture));
        var lines = await File.ReadAllLinesAsync(folder["pictures.csv"], TestContext.Current.CancellationToken);
        Assert.Equal("condition,picture,metric,value", lines[0]);
        Assert.Contains("styleprotect,2,own,1", lines);
        Assert.Contains("same,1,PSNR,Infinity", lines);
        HtmlReport.Write(folder["report.html"], options.Artist, summary, folder.Path, options);
        var page = await File.ReadAllTextAsync(folder["report.html"], TestContext.Current.CancellationToken);
        Assert.Contains("<th scope=\"col\">own</th>", page, StringComparison.Ordinal);
        Assert.Contains(" dB<small>", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_picture_metric_that_gives_no_number_is_named_with_condition_and_picture()
    {
        using var folder = new TempFolder();
        StyleEvaluator With(params IPictureMetric[] metrics) => new(tiny.Protector, tiny.Simulator, new MeanColour()) { PublishedMetrics = metrics };
        Task<EvaluationSummary> Run(StyleEvaluator evaluator) =>
            evaluator.EvaluateAsync(TinySimulator.Pictures, Options, folder.Path, cancellationToken: TestContext.Current.CancellationToken);
        var e = await Assert.ThrowsAsync<InvalidOperationException>(() => Run(With(new Own(double.NaN))));
        Assert.Equal("The picture metric 'own' gave NaN for picture 1 of the condition 'random'; null says that there is no value.", e.Message);
        Assert.False(File.Exists(folder["summary.json"]));
        Assert.Contains("two", (await Assert.ThrowsAsync<ArgumentException>(() => Run(With(new Own(1), new Own(2))))).Message,
            StringComparison.OrdinalIgnoreCase);
    }

    private sealed class Own(double value) : IPictureMetric
    {
        public string Name => "own";

        public string Description => "What the test says.";

        public bool HigherIsMoreSimilar => true;

        public double? Compute(Artwork original, Artwork changed) => value;
    }

    [Fact]
    public async Task What_says_nothing_is_refused()
    {
        using var folder = new TempFolder();
        Assert.Contains("at least two pictures", (await Assert.ThrowsAsync<ArgumentException>(() => Evaluator(tiny.Simulator)
                .EvaluateAsync([TinySimulator.Pictures[0]], Options, folder.Path, cancellationToken: TestContext.Current.CancellationToken))).Message,
            StringComparison.Ordinal);
        Assert.Contains("'clean' is missing", (await Assert.ThrowsAsync<ArgumentException>(() =>
            Evaluate(folder, tiny.Simulator, Options with { Conditions = [.. Options.Conditions.Skip(1)] }))).Message, StringComparison.Ordinal);
    }

    private Task<TempFolder> Finished() => tiny.Finished(folder => Evaluate(folder, tiny.Simulator));

    private StyleEvaluator Evaluator(IAttackSimulator attacker) => new(tiny.Protector, attacker, new MeanColour());

    private Task<EvaluationSummary> Evaluate(TempFolder folder, IAttackSimulator attacker, EvaluationOptions? options = null) =>
        Evaluator(attacker).EvaluateAsync(TinySimulator.Pictures, options ?? Options, folder.Path, cancellationToken: TestContext.Current.CancellationToken);
}
