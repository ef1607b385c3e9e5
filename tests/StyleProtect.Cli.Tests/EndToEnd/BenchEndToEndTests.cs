using StyleProtect.Cli.Tests.Infrastructure;
using Xunit;

namespace StyleProtect.Cli.Tests.EndToEnd;

[Collection(RealModel.Name)]
public sealed class BenchEndToEndTests(RealModel model)
{
    [Fact]
    public async Task The_figures_come_as_one_document()
    {
        var command = new CommandLine();
        Assert.Equal(ExitCode.Success, await command.RunAsync("bench", "--model", model.Folder, "--views", "1", "--size", "64", "--rounds", "1", "--threads", "1", "--json"));
        var json = command.Json;
        Assert.Equal("styleprotect.bench/1", (string?)json["schema"]);
        var step = json["step"]!;
        Assert.Equal((1, 64), ((int)step["views"]!, (int)step["viewSize"]!));
        Assert.Equal((double)step["plain"]!["median"]! / (double)step["fast"]!["median"]!, (double)step["ratio"]!, 1e-9);
        Assert.True((double)step["ceilings"]!["copy"]! > 0);
    }

    [Theory]
    [InlineData("--size 100", "multiple of 64")]
    [InlineData("--rounds none", "not a whole number")]
    [InlineData("--precision half", "unknown value 'half'")]
    [InlineData("--model no/such/model", "There is no model folder")]
    public async Task What_cannot_be_timed_is_one_line(string words, string message)
    {
        var command = new CommandLine();
        string[] folder = words.Contains("--model", StringComparison.Ordinal) ? [] : ["--model", model.Folder];
        Assert.NotEqual(ExitCode.Success, await command.RunAsync(["bench", .. folder, .. words.Split(' ')]));
        Assert.Contains(message, command.Error, StringComparison.Ordinal);
    }
}
