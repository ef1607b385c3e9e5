using System.Text.Json;
using StyleProtect.Cli.Tests.Infrastructure;
using StyleProtect.Evaluation;
using StyleProtect.Evaluation.Metrics;
using Xunit;

namespace StyleProtect.Cli.Tests.Evaluating;

/// <summary><c>styleprotect pool</c> on summaries that evaluations left.</summary>
public sealed class PoolCommandTests : IDisposable
{
    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task Several_artists_become_one_line_a_condition()
    {
        Write("first", 0.8, 0.65);
        Write("second", 0.7, 0.5);
        Write("never", 0.4, 0.4);
        var (code, command) = await Pool(_temp["first"], _temp["second"] + Path.DirectorySeparatorChar, _temp["never"]);
        Assert.Equal(ExitCode.Success, code);
        Assert.Contains("75 (", command.Output, StringComparison.Ordinal);
        Assert.Contains("never is left out", command.Error, StringComparison.Ordinal);
        (_, command) = await Pool(_temp["first"], _temp["second"], "--json");
        Assert.Equal(("styleprotect.pool/1", 0.75, 4),
            ((string)command.Json["schema"]!, Math.Round((double)command.Json["results"]![0]!["removed"]!["mean"]!, 9),
            (int)command.Json["results"]![0]!["removed"]!["count"]!));
        Assert.Equal(0.5, (double)command.Json["results"]![0]!["byArtist"]!["first"]!["mean"]!, 1e-9);
    }

    [Fact]
    public async Task Missing_and_equal_names_are_refused()
    {
        Write("first", 0.8, 0.65);
        Write("again/first", 0.8, 0.65);
        Assert.Contains("is missing or another version's", (await Pool(_temp["nothing"])).Command.Error, StringComparison.Ordinal);
        Assert.Contains("two evaluations have this name", (await Pool(_temp["first"], _temp["again/first"])).Command.Error, StringComparison.Ordinal);
    }

    private void Write(string artist, double clean, double changed)
    {
        var summary = EvaluationSummary.Of([new MetricInfo("style", "style similarity", ".")], Runs("before", 0.5),
            [.. Runs("clean", clean), .. Runs("caat", changed)]);
        Directory.CreateDirectory(_temp[artist]);
        File.WriteAllText(Path.Combine(_temp[artist], "summary.json"), JsonSerializer.Serialize(summary, JsonSerializerOptions.Web));
    }

    private static EvaluationRun[] Runs(string condition, double similarity) =>
        [.. new[] { 1, 2 }.Select(seed => new EvaluationRun(condition, EvaluationRun.NoPurifier, seed,
            "") { Metrics = new Dictionary<string, double> { ["style"] = similarity } })];

    private static async Task<(int Code, CommandLine Command)> Pool(params string[] words)
    {
        var command = new CommandLine();
        return (await command.RunAsync(TestContext.Current.CancellationToken, ["pool", .. words]), command);
    }
}
