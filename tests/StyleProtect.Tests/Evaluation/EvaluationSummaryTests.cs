using CsCheck;
using StyleProtect.Evaluation;
using StyleProtect.Evaluation.Metrics;
using Xunit;

namespace StyleProtect.Tests.Evaluation;

public sealed class EvaluationSummaryTests
{
    private static readonly MetricInfo[] s_metrics = [new("style", "style similarity", "."),
        new("content", "content accuracy", ".") { Format = "0", Scale = 100, Unit = " %" }, new("noise", "noise", ".") { Format = "0.00" }];

    private static readonly EvaluationRun[] s_before = Runs("before", 0.5, 0.5, 0.5);

    [Fact]
    public void The_interval_holds_the_mean_and_is_the_same_every_time() => Gen.Double[-10, 10].List[1, 12].Sample(values =>
    {
        var estimate = Estimate.Of(values);
        Assert.InRange(estimate.Mean, estimate.Low - 1e-9, estimate.High + 1e-9);
        Assert.Equal(estimate, Estimate.Of(values));
    }, iter: 50);

    [Fact]
    public void Estimates_refuse_what_is_no_number() => Assert.Throws<ArgumentException>(() => Estimate.Of([1, double.NaN]));

    [Fact]
    public void Half_of_the_gain_removed_is_said_so()
    {
        var summary = EvaluationSummary.Of(s_metrics, s_before,
            [.. Runs("clean", 0.70, 0.71, 0.69), .. Runs("random", 0.70, 0.71, 0.69), .. Runs("styleprotect", 0.60, 0.60, 0.60)]);
        Assert.True(summary.MimicryWorks);
        var result = summary.Results.Single(r => r.Condition == "styleprotect");
        Assert.Equal(0.5, result.Removed!.Mean, 1e-9);
        Assert.Contains(summary.Verdict, l => l.StartsWith("styleprotect: a mimic with these means copied 50 % less", StringComparison.Ordinal));
        Assert.Contains(summary.Verdict, l => l.StartsWith("random: no difference", StringComparison.Ordinal));
    }

    [Fact]
    public void A_mimic_that_copies_nothing_makes_the_evaluation_say_little()
    {
        var summary = EvaluationSummary.Of(s_metrics, s_before, [.. Runs("clean", 0.49, 0.52, 0.50), .. Runs("styleprotect", 0.4, 0.4, 0.4)]);
        Assert.False(summary.MimicryWorks);
        Assert.StartsWith("This evaluation says little", summary.Verdict[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Diverged_attacks_are_counted_and_left_out()
    {
        EvaluationRun[] runs = [.. Runs("clean", 0.7, 0.7, 0.7), new("advdm", "none", 1, "") { Diverged = true }, Run("advdm", 2, ("style", 0.6))];
        var result = EvaluationSummary.Of(s_metrics, s_before, runs).Results.Single(r => r.Condition == "advdm");
        Assert.Equal((1, 1), (result.Diverged, result.Gain!.Count));
    }

    [Fact]
    public void Nothing_is_said_when_every_attack_on_clean_pictures_diverged()
    {
        EvaluationRun[] runs = [new("clean", "none", 1, "") { Diverged = true }, new("clean", "none", 2, "") { Diverged = true },
            .. Runs("styleprotect", 0.6, 0.6, 0.6)];
        Assert.Contains("No attack on the clean pictures came to an end",
            Assert.Throws<ArgumentException>(() => EvaluationSummary.Of(s_metrics, s_before, runs)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_verdict_says_what_the_pictures_are_like()
    {
        EvaluationRun[] runs =
        [
            Run("clean", 1, ("style", 0.7), ("content", 0.75), ("noise", 3)), Run("clean", 2, ("style", 0.72), ("content", 0.5), ("noise", 3.5)),
            Run("clean", 3, ("style", 0.69), ("content", 0.5), ("noise", 3.2)),
            Run("caat", 1, ("style", 0.7), ("content", 0.25), ("noise", 9)), Run("caat", 2, ("style", 0.71), ("content", 0.25), ("noise", 9.5)),
            Run("caat", 3, ("style", 0.69), ("content", 0), ("noise", 10)),
            Run("mist", 1, ("style", 0.7), ("content", 0.5), ("noise", 3.1)), Run("mist", 2, ("style", 0.71), ("content", 0.75), ("noise", 3.4)),
            Run("mist", 3, ("style", 0.69), ("content", 0.5), ("noise", 3.3)),
        ];
        var summary = EvaluationSummary.Of(s_metrics, s_before, runs);
        var caat = Assert.Single(summary.Verdict, l => l.StartsWith("caat:", StringComparison.Ordinal));
        Assert.EndsWith(" Its pictures show what was asked for in 17 % instead of 58 % and are noisier (Immerkær σ 9.50 instead of 3.23).", caat,
            StringComparison.Ordinal);
        var mist = Assert.Single(summary.Verdict, l => l.StartsWith("mist:", StringComparison.Ordinal));
        Assert.EndsWith(" Its pictures show what was asked for in 58 % instead of 58 % (no difference that can be told).", mist, StringComparison.Ordinal);
        var content = summary.Results.Single(r => r.Condition == "caat").Metrics["content"];
        Assert.Equal((-0.5 - 0.25 - 0.5) / 3, content.Difference!.Mean, 1e-12); // paired by seed
        Assert.Null(summary.Results[0].Metrics["content"].Difference);
    }

    [Fact]
    public void A_metric_without_a_value_is_absent()
    {
        var summary = EvaluationSummary.Of(s_metrics, s_before, [.. Runs("clean", 0.7, 0.71, 0.69), .. Runs("caat", 0.6, 0.6, 0.6)]);
        Assert.Equal(["style"], summary.Results[1].Metrics.Keys);
        Assert.DoesNotContain(summary.Verdict, l => l.Contains("asked for", StringComparison.Ordinal));
    }

    [Fact]
    public void The_table_for_other_programs_has_every_figure()
    {
        string[] lines = EvaluationTable.Csv(EvaluationSummary.Of(s_metrics, s_before, [.. Runs("clean", 0.75, 0.75), .. Runs("caat@eps=4,\"x\"", 0.5, 0.5)]))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(
            [
                "condition,purifier,measure,mean,low,high,seeds,difference,difference_low,difference_high",
                "before,none,style,0.5,0.5,0.5,3,-0.25,-0.25,-0.25",
                "clean,none,gain,0.25,0.25,0.25,2,,,",
                "clean,none,style,0.75,0.75,0.75,2,,,",
                "\"caat@eps=4,\"\"x\"\"\",none,gain,0,0,0,2,,,",
                "\"caat@eps=4,\"\"x\"\"\",none,removed,1,1,1,2,,,",
                "\"caat@eps=4,\"\"x\"\"\",none,style,0.5,0.5,0.5,2,-0.25,-0.25,-0.25",
            ],
            lines);
    }

    [Fact]
    public void Without_a_clean_control_nothing_is_said() =>
        Assert.Throws<ArgumentException>(() => EvaluationSummary.Of(s_metrics, s_before, Runs("random", 0.5, 0.5, 0.5)));

    private static EvaluationRun[] Runs(string condition, params double[] similarities) =>
        [.. similarities.Select((s, i) => Run(condition, i + 1, ("style", s)))];

    private static EvaluationRun Run(string condition, long seed, params (string Key, double Value)[] metrics) =>
        new(condition, EvaluationRun.NoPurifier, seed, "") { Metrics = metrics.ToDictionary(m => m.Key, m => m.Value, StringComparer.Ordinal) };
}
