using System.Text.Json;
using StyleProtect.Evaluation;
using StyleProtect.Evaluation.Metrics;
using StyleProtect.Tests.Checkpoints;
using Xunit;

namespace StyleProtect.Tests.Evaluation;

public sealed class PooledResultTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_pair_of_artist_and_seed_counts_once()
    {
        var pooled = PooledResult.Of(new Dictionary<string, EvaluationSummary> { ["a"] = Summary(0.8, 0.5, 0.5, 0.65), ["b"] = Summary(0.6, 0.5, 0.5, 0.5) });
        var line = Assert.Single(pooled);
        Assert.Equal(("caat", "none"), (line.Condition, line.Purifier));
        Assert.Equal((1 + 1 + 0.5 + 1 + 1 + 1) / 6, line.Removed.Mean, 1e-9);
        Assert.Equal(6, line.Removed.Count);
        Assert.Equal(2.5 / 3, line.ByArtist["a"].Mean, 1e-9);
        Assert.Equal(Estimate.Of([1, 1, 0.5, 1, 1, 1]).Low, line.Removed.Low, 1e-9);
    }

    [Fact]
    public void An_artist_whom_the_mimic_does_not_copy_is_left_out()
    {
        var pooled = PooledResult.Of(new Dictionary<string, EvaluationSummary> { ["a"] = Summary(0.8, 0.5, 0.5, 0.65), ["no"] = Summary(0.3, 0.5, 0.5, 0.5) });
        Assert.Equal(["a"], Assert.Single(pooled).ByArtist.Keys);
        Assert.Throws<ArgumentException>(() => PooledResult.Of(new Dictionary<string, EvaluationSummary> { ["no"] = Summary(0.3, 0.5, 0.5, 0.5) }));
    }

    [Fact]
    public void A_condition_that_one_artist_lacks_is_left_out()
    {
        var other = EvaluationSummary.Of(s_metrics, Runs("before", 0.5, 0.5, 0.5), [.. Runs("clean", 0.8, 0.8, 0.8), .. Runs("mist", 0.6, 0.6, 0.6)]);
        var both = EvaluationSummary.Of(s_metrics, Runs("before", 0.5, 0.5, 0.5),
            [.. Runs("clean", 0.8, 0.8, 0.8), .. Runs("mist", 0.6, 0.6, 0.6), .. Runs("caat", 0.6, 0.6, 0.6)]);
        Assert.Equal("mist", Assert.Single(PooledResult.Of(new Dictionary<string, EvaluationSummary> { ["a"] = both, ["b"] = other })).Condition);
        var e = Assert.Throws<ArgumentException>(() =>
            PooledResult.Of(new Dictionary<string, EvaluationSummary> { ["a"] = Summary(0.8, 0.5, 0.5, 0.65), ["b"] = other }));
        Assert.Contains("a, b share no condition", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_written_summary_is_read_again()
    {
        var summary = Summary(0.8, 0.5, 0.5, 0.65);
        var folder = Path.GetDirectoryName(_folder.Write("summary.json", JsonSerializer.Serialize(summary, JsonSerializerOptions.Web)))!;
        var read = EvaluationSummary.Read(folder);
        Assert.Equal(summary.Results[1].RemovedBySeed, read.Results[1].RemovedBySeed);
        Assert.Equal(summary.Results[1].Removed, read.Results[1].Removed);
        Assert.Equal(summary.MimicryWorks, read.MimicryWorks);
        var old = summary with { Results = [.. summary.Results.Select(r => r with { RemovedBySeed = new Dictionary<long, double>() })] };
        _folder.Write("summary.json", JsonSerializer.Serialize(old, JsonSerializerOptions.Web));
        Assert.Contains("is missing or another version's", Assert.Throws<ArgumentException>(() => EvaluationSummary.Read(folder)).Message,
            StringComparison.Ordinal);
        Assert.Contains("is missing or another version's", Assert.Throws<ArgumentException>(() => EvaluationSummary.Read(Path.Combine(folder, "none"))).Message,
            StringComparison.Ordinal);
    }

    private static readonly MetricInfo[] s_metrics = [new("style", "style similarity", ".")];

    /// <summary>A mimic that starts at 0.5.</summary>
    private static EvaluationSummary Summary(double clean, params double[] caat) =>
        EvaluationSummary.Of(s_metrics, Runs("before", 0.5, 0.5, 0.5), [.. Runs("clean", clean, clean, clean), .. Runs("caat", caat)]);

    private static EvaluationRun[] Runs(string condition, params double[] similarities) =>
        [.. similarities.Select((s, i) => new EvaluationRun(condition, EvaluationRun.NoPurifier, i + 1,
            "") { Metrics = new Dictionary<string, double> { ["style"] = s } })];
}
