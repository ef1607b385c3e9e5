using System.Text.Json.Nodes;
using StyleProtect.Artworks;
using StyleProtect.Attacks;
using StyleProtect.Attacks.Purification;
using StyleProtect.Evaluation;
using StyleProtect.Evaluation.Metrics;
using StyleProtect.Kernels;
using StyleProtect.Layers;
using StyleProtect.Protection;
using StyleProtect.Tests.Artworks;
using StyleProtect.Tests.Attacks;
using StyleProtect.Tests.Protection;
using StyleProtect.Tests.Shared;
using Xunit;

namespace StyleProtect.Tests.Evaluation;

/// <summary>What an evaluation takes over from an earlier one, and what it does not.</summary>
public sealed class KeptWorkTests(TinyEvaluation tiny) : IClassFixture<TinyEvaluation>
{
    private readonly EvaluationOptions _options = new()
    {
        Conditions = [new(EvaluationCondition.Clean, null), EvaluationCondition.Parse("styleprotect:none", TinyEvaluation.Protection)],
        Purifiers = Purifiers.ParseAll(["none", "vae"], new PurifierServices { Host = tiny.Simulator.Host }),
        Attack = TinyEvaluation.Mimic,
        Prompts = TinySimulator.Prompts,
        Seeds = [1],
    };

    [Fact]
    public async Task A_second_evaluation_protects_purifies_and_attacks_nothing_and_says_the_same()
    {
        using var folder = await Finished();
        var summary = await Summary(folder);
        var purified = File.GetLastWriteTimeUtc(folder["purified/styleprotect_none-vae/00.png"]);
        Assert.Equal((0, 0), await Run(folder));
        Assert.Equal(summary, await Summary(folder));
        Assert.Equal(purified, File.GetLastWriteTimeUtc(folder["purified/styleprotect_none-vae/00.png"]));
    }

    [Fact]
    public async Task Another_model_takes_nothing_over()
    {
        using var folder = await Finished();
        using var other = new TinyModelFolder(w => w["conv_out.weight"].Mul_(0.5f), twoLevels: true);
        using var otherHost = TinyEvaluation.Host(other);
        using var otherProtector = StyleProtector.For(otherHost);
        using var otherSimulator = AttackSimulator.For(otherHost);
        Assert.Equal((1, 5), await Run(folder, protect: otherProtector, attack: new Breaking(otherSimulator)));
    }

    /// <summary>The encoder's folder keeps its name when the weights in it are replaced.</summary>
    [Fact]
    public async Task Another_style_encoder_protects_again()
    {
        using var folder = new TempFolder();
        using var encoder = new TempFolder();
        TinyStyleEncoder.Write(encoder.Path, 5);
        var distance = TinyEvaluation.Protection with { Layers = null, Method = ProtectionMethod.StyleDistance, StyleEncoder = encoder.Path };
        var options = _options with { Purifiers = [Purifiers.None], Conditions = [_options.Conditions[0], new("style-distance", distance)] };
        await Run(folder, options);
        Assert.Equal((0, 0), await Run(folder, options));
        var first = await File.ReadAllBytesAsync(folder["protected/style-distance/00.png"], TestContext.Current.CancellationToken);
        TinyStyleEncoder.Write(encoder.Path, 6);
        Assert.Equal(1, (await Run(folder, options)).Protections);
        // By the new encoder, though the protector had the old one loaded.
        Assert.NotEqual(first, await File.ReadAllBytesAsync(folder["protected/style-distance/00.png"], TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Another_budget_protects_again_and_attacks_only_what_it_changed()
    {
        using var folder = await Finished();
        var changed = _options with
        {
            Conditions = [_options.Conditions[0],
            _options.Conditions[1] with { Protection = _options.Conditions[1].Protection! with { Epsilon = 16 } }]
        };
        Assert.Equal((1, 2), await Run(folder, changed));
    }

    [Fact]
    public async Task Another_metric_measures_the_kept_pictures()
    {
        using var folder = await Finished();
        var summary = await Evaluate(folder, _options, new Counted(tiny.Protector), new Breaking(tiny.Simulator, 1), new Brightness());
        Assert.Equal("brightness", summary.Metrics[^1].Key);
        foreach (var result in summary.Results) Assert.InRange(result.Metrics["brightness"].Value.Mean, 1, 254);
        Assert.Contains(
            "\"brightness\"", await File.ReadAllTextAsync(folder["runs/clean-none-1.json"], TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Contains(",brightness,", await File.ReadAllTextAsync(folder["summary.csv"], TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    /// <summary>Run files keep the keys that earlier versions wrote, so that hours of attacks are not done again after an update.</summary>
    [Fact]
    public async Task Run_files_have_the_keys_of_earlier_versions()
    {
        using var folder = await Finished();
        var run = JsonNode.Parse(await File.ReadAllTextAsync(folder["runs/clean-none-1.json"], TestContext.Current.CancellationToken))!.AsObject();
        Assert.Equal(
            ["condition", "diverged", "measuredBy", "measures", "pictures", "purifier", "seconds", "seed", "settings"], run.Select(m => m.Key)
                .Order(StringComparer.Ordinal));
        var summary = JsonNode.Parse(await Summary(folder))!;
        Assert.NotNull(summary["measures"]);
        Assert.NotNull(summary["results"]![0]!["measures"]);
    }

    [Fact]
    public async Task A_metric_that_fails_or_gives_no_number_is_named_with_the_run()
    {
        using var folder = await Finished();
        async Task<string> Refused(Func<double?> value) => (await Assert.ThrowsAsync<InvalidOperationException>(
            () => Evaluate(folder, _options, new Counted(tiny.Protector), new Breaking(tiny.Simulator, 1), new Brightness(value)))).Message;
        Assert.Equal("The metric 'brightness' gave NaN for before, purifier none, seed 1; null says that there is no value.", await Refused(() => double.NaN));
        Assert.Equal(
            "The metric 'brightness' failed for before, purifier none, seed 1: Too dark.", await Refused(() => throw new FormatException("Too dark.")));
        Assert.Equal((0, 0), await Run(folder));
    }

    [Theory]
    [InlineData("runs/clean-none-1/01.png", 0, 1)]
    [InlineData("protected/styleprotect_none/00.png", 1, 0)]
    public async Task A_picture_that_was_changed_or_is_gone_is_made_again(string file, int protections, int attacks)
    {
        using var folder = await Finished();
        var bytes = await File.ReadAllBytesAsync(folder[file], TestContext.Current.CancellationToken);
        TestPictures.Random(32, 32, 8, false, 77).Save(folder[file], ArtworkFormat.Png, overwrite: true);
        Assert.Equal((protections, attacks), await Run(folder));
        Assert.Equal(bytes, await File.ReadAllBytesAsync(folder[file], TestContext.Current.CancellationToken));
        File.Delete(folder[file]);
        Assert.Equal((protections, attacks), await Run(folder));
    }

    [Fact]
    public async Task A_selector_without_a_text_is_protected_anew()
    {
        using var folder = new TempFolder();
        var unnamed = _options with { Conditions = [_options.Conditions[0], new("own", TinyEvaluation.Protection with { Layers = LayerSelectors.None })] };
        await Run(folder, unnamed);
        Assert.Equal((1, 0), await Run(folder, unnamed)); // the same pictures again: the attacks are taken over
    }

    [Fact]
    public async Task Pictures_that_something_else_protected_are_compared_as_they_are()
    {
        using var folder = new TempFolder();
        Artwork[] published = [TestPictures.Random(32, 32, 8, false, 5), TestPictures.Random(48, 32, 8, false, 6)];
        var given = _options with { Purifiers = [Purifiers.None], Conditions = [_options.Conditions[0], new("other", null) { Published = published }] };
        Assert.Equal((0, 3), await Run(folder, given));
        Assert.Equal(published[1].Rgb.ToArray(), Artwork.Load(folder["protected/other/01.png"]).Rgb.ToArray());
        var fewer = given with { Conditions = [given.Conditions[0], new("other", null) { Published = published[..1] }] };
        Assert.Contains(
            "'other' has 1 published pictures for 2 originals", (
                await Assert.ThrowsAsync<ArgumentException>(() => Run(folder, fewer))).Message, StringComparison.Ordinal);
        var turned = given with { Conditions = [given.Conditions[0], new("other", null) { Published = [published[1], published[0]] }] };
        Assert.Contains(
            "published picture 1 is 48 × 32, its original 32 × 32", (
                await Assert.ThrowsAsync<ArgumentException>(() => Run(folder, turned))).Message, StringComparison.Ordinal);
    }

    /// <summary>A folder in which everything has been done once: one set protected, one attack without training and four with.</summary>
    private Task<TempFolder> Finished() => tiny.Finished(async folder => Assert.Equal((1, 5), await Run(folder)));

    private async Task<(
        int Protections, int Attacks)> Run(TempFolder folder, EvaluationOptions? options = null, IStyleProtector? protect = null, Breaking? attack = null)
    {
        var (protections, attacks) = (new Counted(protect ?? tiny.Protector), attack ?? new Breaking(tiny.Simulator));
        await Evaluate(folder, options ?? _options, protections, attacks);
        return (protections.Calls, attacks.Calls);
    }

    private Task<EvaluationSummary> Evaluate(
        TempFolder folder, EvaluationOptions options, Counted protect, Breaking attack, params IGenerationMetric[] metrics) =>
        new StyleEvaluator(protect, attack, new MeanColour()) { Metrics = metrics }
            .EvaluateAsync(TinySimulator.Pictures, options, folder.Path, cancellationToken: TestContext.Current.CancellationToken);

    private static Task<string> Summary(TempFolder folder) => File.ReadAllTextAsync(folder["summary.json"], TestContext.Current.CancellationToken);

    private sealed class Brightness(Func<double?>? value = null) : IGenerationMetric
    {
        public MetricInfo Info { get; } = new("brightness", "brightness", "Mean sample.");

        public double? Compute(GeneratedPictures generated) => value is null ? generated.Pictures.Average(p => p.ToPlanarRgb().Average()) : value();
    }
}
