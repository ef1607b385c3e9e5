using System.Text.RegularExpressions;
using StyleProtect.Artworks;
using StyleProtect.Attacks;
using StyleProtect.Evaluation;
using StyleProtect.Tests.Artworks;
using StyleProtect.Tests.Attacks;
using StyleProtect.Tests.Protection;
using Xunit;

namespace StyleProtect.Tests.Evaluation;

/// <summary>The experiment's bookkeeping and its page, with the tiny model.</summary>
public sealed class StyleEvaluatorTests(TinyProtector protector, TinySimulator simulator) : IClassFixture<TinyProtector>, IClassFixture<TinySimulator>
{
    private static EvaluationOptions Options => new()
    {
        Conditions = EvaluationCondition.WithControls(TinyProtector.Options), Attack = TinySimulator.Options, Prompts = TinySimulator.Prompts, Seeds = [1], Artist = "A & <B>",
    };

    [Fact]
    public async Task An_interrupted_evaluation_goes_on_with_the_same_result()
    {
        using TempFolder whole = new(), broken = new();
        var expected = await Evaluate(whole, simulator.Simulator);
        await Assert.ThrowsAsync<OperationCanceledException>(() => Evaluate(broken, new Breaking(simulator.Simulator, 3)));
        var counted = new Breaking(simulator.Simulator, int.MaxValue);
        var resumed = await Evaluate(broken, counted);
        Assert.Equal(2, counted.Calls); // of four: untouched, clean, random, protected
        Assert.Equal(expected.Verdict, resumed.Verdict);
        Assert.Equal(await File.ReadAllTextAsync(whole["summary.json"], TestContext.Current.CancellationToken), await File.ReadAllTextAsync(broken["summary.json"], TestContext.Current.CancellationToken));
        var again = new Breaking(simulator.Simulator, int.MaxValue);
        await Evaluate(broken, again);
        Assert.Equal(0, again.Calls);
        await Evaluate(broken, again, Options with { Prompts = ["another prompt"] });
        Assert.Equal(4, again.Calls);
    }

    [Fact]
    public async Task A_diverged_attack_is_counted_and_the_rest_goes_on()
    {
        using var folder = new TempFolder();
        var summary = await Evaluate(folder, new Breaking(simulator.Simulator, 3, () => new AttackException("The attack diverged.") { DivergedAtStep = 2 }));
        Assert.Equal([0, 1, 0], summary.Results.Select(r => r.Diverged));
        Assert.Equal([true, false, true], summary.Results.Select(r => r.Gain is not null));
    }

    [Fact]
    public async Task The_page_needs_nothing_beside_it()
    {
        using var folder = new TempFolder();
        var summary = await Evaluate(folder, simulator.Simulator);
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
        Assert.Equal(TinySimulator.Pictures[0].Rgb.ToArray(), Artwork.Load((ReadOnlySpan<byte>)Convert.FromBase64String(pictures[0].Groups[1].Value)).Rgb.ToArray());
    }

    [Fact]
    public async Task What_says_nothing_is_refused()
    {
        using var folder = new TempFolder();
        Assert.Contains("at least two pictures", (await Assert.ThrowsAsync<ArgumentException>(() => Evaluator(simulator.Simulator).EvaluateAsync([TinySimulator.Pictures[0]], Options, folder.Path, cancellationToken: TestContext.Current.CancellationToken))).Message, StringComparison.Ordinal);
        Assert.Contains("'clean' is missing", (await Assert.ThrowsAsync<ArgumentException>(() => Evaluate(folder, simulator.Simulator, Options with { Conditions = [.. Options.Conditions.Skip(1)] }))).Message, StringComparison.Ordinal);
    }

    private StyleEvaluator Evaluator(IAttackSimulator attacker) => new(protector.Protector, attacker, new MeanColour());

    private Task<EvaluationSummary> Evaluate(TempFolder folder, IAttackSimulator attacker, EvaluationOptions? options = null) =>
        Evaluator(attacker).EvaluateAsync(TinySimulator.Pictures, options ?? Options, folder.Path, cancellationToken: TestContext.Current.CancellationToken);
}
