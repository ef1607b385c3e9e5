using StyleProtect.Cli.Tests.Infrastructure;
using Xunit;

namespace StyleProtect.Cli.Tests;

public sealed class CommandLineTests
{
    [Fact]
    public async Task Help_lists_the_commands()
    {
        var command = new CommandLine();
        Assert.Equal(0, await command.RunAsync("--help"));
        foreach (var name in (string[])["protect", "doctor", "layers", "evaluate", "convert", "methods"])
            Assert.Contains(name, command.Output, StringComparison.Ordinal);
        Assert.Contains("styleprotect [command]", command.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Version_is_the_packages()
    {
        var command = new CommandLine();
        Assert.Equal(0, await command.RunAsync("--version"));
        Assert.Matches(@"^\d+\.\d+\.\d+", command.Output);
    }

    [Theory]
    [InlineData("protct", "'protct' is not known here. Did you mean 'protect'?")]
    [InlineData("doctor --jsno", "'--jsno' is not known here. Did you mean '--json'?")]
    [InlineData("", "no command was given")]
    public async Task Unknown_words_get_the_nearest_known_one(string words, string message)
    {
        var command = new CommandLine();
        Assert.Equal(ExitCode.Nothing, await command.RunAsync(words.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        Assert.Contains(message, command.Error, StringComparison.Ordinal);
        Assert.Contains("--help", command.Error, StringComparison.Ordinal);
        Assert.Empty(command.Output);
    }

    [Fact]
    public async Task Methods_lists_every_method_of_the_library()
    {
        var command = new CommandLine();
        Assert.Equal(0, await command.RunAsync("methods", "--json"));
        Assert.Equal(["styleprotect", "caat", "advdm", "fsmg", "aspl", "sds", "mist", "mist-v2", "photoguard", "style-distance", "random"],
            command.Json["methods"]!.AsArray().Select(m => (string?)m!["name"]));
        Assert.Equal(StyleProtect.Protection.ProtectionMethod.BuiltIn.Count, command.Json["methods"]!.AsArray().Count);
        var advdm = command.Json["methods"]!.AsArray().Single(m => (string?)m!["name"] == "advdm")!;
        Assert.Equal(100, (int)advdm["referenceSteps"]!); // the recipe's own, not StyleProtect's 250
        Assert.Equal(12.75, (double)command.Json["methods"]![0]!["referenceEpsilon"]!, 1e-9);
        Assert.Equal(0, await command.RunAsync("methods"));
        Assert.Contains("medium ε = 8 (PSNR at least 30.1 dB)", command.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_name_may_begin_with_an_at_sign()
    {
        using var temp = new TempFolder();
        var command = new CommandLine();
        Assert.Equal(ExitCode.Nothing, await command.RunAsync("protect", "@none.png", "-o", temp["out"]));
        Assert.Contains("'@none.png' does not exist", command.Error, StringComparison.Ordinal);
    }
}
