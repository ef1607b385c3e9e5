using StyleProtect.Attacks;
using StyleProtect.Attacks.Purification;
using StyleProtect.Evaluation;
using StyleProtect.Tests.Artworks;
using StyleProtect.Tests.Attacks;
using StyleProtect.Tests.Purification;
using Xunit;

namespace StyleProtect.Tests.Evaluation;

/// <summary>Purifiers inside an evaluation, with the tiny model.</summary>
public sealed class StyleEvaluatorPurifierTests(TinyEvaluation tiny) : IClassFixture<TinyEvaluation>
{
    [Fact]
    public async Task The_model_of_the_attack_purifies_too()
    {
        using var folder = new TempFolder();
        var summary = await Evaluate(
            folder, new PurifierServices { Host = tiny.Simulator.Host }, EvaluationRun.NoPurifier, "vae", "sdedit:0.3:10+jpeg:75:420");
        Assert.Equal([EvaluationRun.NoPurifier, "vae", "sdedit:0.3:10+jpeg:75:420"], summary.Results.Select(r => r.Purifier));
        Assert.True(File.Exists(folder["runs/clean-sdedit_0.3_10+jpeg_75_420-1.json"]));
    }

    [Theory]
    [InlineData("vae", "works with a loaded diffusion model")]
    [InlineData("jepg:75", "Nearest: jpeg")]
    public async Task A_purifier_that_cannot_run_is_refused_before_anything_is_computed(string purifier, string reason)
    {
        using var folder = new TempFolder();
        var e = await Assert.ThrowsAsync<ArgumentException>(() => Evaluate(folder, null, EvaluationRun.NoPurifier, purifier));
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["runs"]));
    }

    [Fact]
    public async Task A_purifier_of_ones_own_is_kept_by_its_identity_and_shown_by_its_name()
    {
        using var folder = new TempFolder();
        var own = new OwnPurifier("my wash, <strong>", OwnPurifier.Negative);
        var options = Options(Purifiers.None, own);
        var summary = await Evaluate(folder, options);
        Assert.Equal((2, "my wash, <strong>"), (own.Calls, summary.Results[1].Purifier));
        HtmlReport.Write(folder["report.html"], "artist", summary, folder.Path, options);
        Assert.Contains(
            "my wash, &lt;strong&gt;", await File.ReadAllTextAsync(folder["report.html"], TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Contains(
            "clean,\"my wash, <strong>\",style,", await File.ReadAllTextAsync(
                folder["summary.csv"], TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Contains("my wash, ", await File.ReadAllTextAsync(folder["summary.json"], TestContext.Current.CancellationToken), StringComparison.Ordinal);
        await Evaluate(folder, options);
        Assert.Equal(2, own.Calls); // taken over
        var other = new OwnPurifier(own.Name, OwnPurifier.Negative, "other settings");
        await Evaluate(folder, Options(Purifiers.None, other));
        Assert.Equal(2, other.Calls);
    }

    [Fact]
    public async Task A_purifier_that_fails_is_named_and_leaves_nothing_half_written()
    {
        using var folder = new TempFolder();
        var fails = new OwnPurifier("own", a => a.Width == 48 ? throw new FormatException("No way.") : a);
        var e = await Assert.ThrowsAsync<AttackException>(() => Evaluate(folder, Options(Purifiers.None, fails)));
        Assert.Equal("The purifier 'own' on picture 2 of 2 failed: No way. Nothing was kept.", e.Message);
        Assert.False(Directory.Exists(folder["purified"]));
        Assert.True(File.Exists(folder["runs/clean-none-1.json"]));
        Assert.Equal(2, (await Evaluate(folder, Options(Purifiers.None, new OwnPurifier("own", a => a)))).Results.Count);
    }

    [Fact]
    public async Task Purifiers_that_cannot_be_told_apart_are_refused()
    {
        using var folder = new TempFolder();
        await Refused("lack 'none'", new OwnPurifier("own", a => a));
        await Refused("'own' is there twice", Purifiers.None, new OwnPurifier("own", a => a), new OwnPurifier("own", OwnPurifier.Negative));
        await Refused("which means no purifier", Purifiers.None, new OwnPurifier("none", a => a));
        await Refused("has no name", Purifiers.None, new OwnPurifier("", a => a));
        await Refused("is null", Purifiers.None, null!);
        Assert.False(Directory.Exists(folder["runs"]));

        async Task Refused(string reason, params IPurifier[] purifiers) =>
            Assert.Contains(
                reason, (await Assert.ThrowsAsync<ArgumentException>(() => Evaluate(folder, Options(purifiers)))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_long_name_is_a_file_name_too()
    {
        using var folder = new TempFolder();
        var chain = string.Join('+', Enumerable.Repeat("jpeg:75:444", 40));
        var summary = await Evaluate(folder, Options(Purifiers.None, Purifiers.Parse(chain), Purifiers.Parse(chain + "+bits:8")));
        Assert.Equal([EvaluationRun.NoPurifier, chain, chain + "+bits:8"], summary.Results.Select(r => r.Purifier));
        Assert.Equal(2, Directory.GetDirectories(folder["purified"]).Length);
    }

    private static EvaluationOptions Options(params IPurifier[] purifiers) => new()
    {
        Conditions = [new EvaluationCondition(EvaluationCondition.Clean, null)],
        Purifiers = purifiers,
        Attack = TinyEvaluation.Mimic,
        Prompts = TinySimulator.Prompts,
        Seeds = [1],
    };

    private Task<EvaluationSummary> Evaluate(TempFolder folder, EvaluationOptions options) =>
        new StyleEvaluator(tiny.Protector, tiny.Simulator, new MeanColour())
            .EvaluateAsync(TinySimulator.Pictures, options, folder.Path, cancellationToken: TestContext.Current.CancellationToken);

    private Task<EvaluationSummary> Evaluate(TempFolder folder, PurifierServices? services, params string[] purifiers) =>
        Evaluate(folder, Options([.. Purifiers.ParseAll(purifiers, services)]));
}
