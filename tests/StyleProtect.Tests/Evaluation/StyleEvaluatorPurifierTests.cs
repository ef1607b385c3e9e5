using StyleProtect.Attacks.Purification;
using StyleProtect.Evaluation;
using StyleProtect.Tests.Artworks;
using StyleProtect.Tests.Attacks;
using StyleProtect.Tests.Protection;
using Xunit;

namespace StyleProtect.Tests.Evaluation;

/// <summary>Purifiers inside an evaluation, with the tiny model.</summary>
public sealed class StyleEvaluatorPurifierTests(TinyProtector protector, TinySimulator simulator) : IClassFixture<TinyProtector>, IClassFixture<TinySimulator>
{
    [Fact]
    public async Task The_model_of_the_attack_purifies_too()
    {
        using var folder = new TempFolder();
        var summary = await Evaluate(folder, new PurifierServices { Simulator = simulator.Simulator }, EvaluationRun.NoPurifier, "vae", "sdedit:0.3:10+jpeg:75:420");
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

    private Task<EvaluationSummary> Evaluate(TempFolder folder, PurifierServices? services, params string[] purifiers) =>
        new StyleEvaluator(protector.Protector, simulator.Simulator, new MeanColour(), services).EvaluateAsync(
            TinySimulator.Pictures,
            new EvaluationOptions
            {
                Conditions = [new EvaluationCondition(EvaluationCondition.Clean, null)], Purifiers = purifiers, Attack = TinySimulator.Options, Prompts = TinySimulator.Prompts, Seeds = [1],
            },
            folder.Path,
            cancellationToken: TestContext.Current.CancellationToken);
}
