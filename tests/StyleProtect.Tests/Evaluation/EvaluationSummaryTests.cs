using CsCheck;
using StyleProtect.Evaluation;
using Xunit;

namespace StyleProtect.Tests.Evaluation;

public sealed class EvaluationSummaryTests
{
    private static readonly Dictionary<long, double> s_baseline = new() { [1] = 0.5, [2] = 0.5, [3] = 0.5 };

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
        var summary = EvaluationSummary.Of(s_baseline, [.. Runs("clean", 0.70, 0.71, 0.69), .. Runs("random", 0.70, 0.71, 0.69), .. Runs("styleprotect", 0.60, 0.60, 0.60)]);
        Assert.True(summary.MimicryWorks);
        var result = summary.Results.Single(r => r.Condition == "styleprotect");
        Assert.Equal(0.5, result.Removed!.Mean, 1e-9);
        Assert.Contains(summary.Verdict, l => l.StartsWith("styleprotect: a mimic with these means copied 50 % less", StringComparison.Ordinal));
        Assert.Contains(summary.Verdict, l => l.StartsWith("random: no difference", StringComparison.Ordinal));
    }

    [Fact]
    public void A_mimic_that_copies_nothing_makes_the_evaluation_say_little()
    {
        var summary = EvaluationSummary.Of(s_baseline, [.. Runs("clean", 0.49, 0.52, 0.50), .. Runs("styleprotect", 0.4, 0.4, 0.4)]);
        Assert.False(summary.MimicryWorks);
        Assert.StartsWith("This evaluation says little", summary.Verdict[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Diverged_attacks_are_counted_and_left_out()
    {
        EvaluationRun[] runs = [.. Runs("clean", 0.7, 0.7, 0.7), new("advdm", "none", 1, "", null, 0, []), new("advdm", "none", 2, "", 0.6, 0, [])];
        var result = EvaluationSummary.Of(s_baseline, runs).Results.Single(r => r.Condition == "advdm");
        Assert.Equal((1, 1), (result.Diverged, result.Gain!.Count));
    }

    [Fact]
    public void Without_a_clean_control_nothing_is_said() => Assert.Throws<ArgumentException>(() => EvaluationSummary.Of(s_baseline, Runs("random", 0.5, 0.5, 0.5)));

    private static EvaluationRun[] Runs(string condition, params double[] similarities) =>
        [.. similarities.Select((s, i) => new EvaluationRun(condition, EvaluationRun.NoPurifier, i + 1, "", s, 1, []))];
}
