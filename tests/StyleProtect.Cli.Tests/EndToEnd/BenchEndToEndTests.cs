using StyleProtect.Cli.Tests.Infrastructure;
using Xunit;

namespace StyleProtect.Cli.Tests.EndToEnd;

public sealed class BenchEndToEndTests(RealModel model)
{
    [Fact]
    public async Task The_times_come_as_one_document()
    {
        var command = new CommandLine();
        Assert.Equal(ExitCode.Success,
            await command.RunAsync("bench", "--model", model.TwoLevels, "--views", "1", "--size", "64", "--rounds", "1", "--threads", "1", "--json"));
        var json = command.Json;
        Assert.Equal("styleprotect.bench/1", (string?)json["schema"]);
        var step = json["step"]!;
        Assert.Equal((1, 64), ((int)step["views"]!, (int)step["viewSize"]!));
        Assert.Equal((double)step["plain"]!["median"]! / (double)step["fast"]!["median"]!, (double)step["ratio"]!, 1e-9);
        Assert.True((double)step["ceilings"]!["copy"]! > 0);
    }

    [Fact]
    public async Task A_shape_is_timed_in_both_forms_and_at_twice_its_size_within_the_limit()
    {
        var command = new CommandLine();
        Assert.Equal(ExitCode.Success,
            await command.RunAsync("bench", "--model", model.TwoLevels, "--views", "1", "--size", "64", "--rounds", "1", "--threads", "1", "--shape", "tiny",
            "--memory", "1GiB", "--json"));
        var shape = command.Json["shape"]!;
        Assert.Equal("tiny", (string?)shape["shape"]);
        var works = shape["works"]!.AsArray();
        Assert.Equal(5, works.Count); // U-Net and iteration in both forms, and the fast one at twice the size
        Assert.All(works, w => Assert.True((double)w!["seconds"]! > 0));
        Assert.Equal((1L << 30, 128), ((long)works[4]!["plan"]!["limit"]!, (int)works[4]!["plan"]!["resolution"]!));
        Assert.InRange((double)shape["agreement"]!["cosine"]!, 0.8, 1.0001);
    }

    [Theory]
    [InlineData("--shape sd3", "unknown value 'sd3'")]
    [InlineData("--memory 4GiB", "--memory has no meaning without --shape")]
    [InlineData("--size 100", "multiple of 64")]
    [InlineData("--rounds none", "not a whole number")]
    [InlineData("--precision half", "unknown value 'half'")]
    [InlineData("--model no/such/model", "neither a file or folder")]
    public async Task What_cannot_be_timed_is_one_line(string words, string message)
    {
        var command = new CommandLine();
        string[] folder = words.Contains("--model", StringComparison.Ordinal) ? [] : ["--model", model.Folder];
        Assert.NotEqual(ExitCode.Success, await command.RunAsync(["bench", .. folder, .. words.Split(' ')]));
        Assert.Contains(message, command.Error, StringComparison.Ordinal);
    }
}
