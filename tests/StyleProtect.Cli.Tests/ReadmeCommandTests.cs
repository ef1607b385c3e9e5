using System.Text.RegularExpressions;
using StyleProtect.Cli.Tests.Infrastructure;
using StyleProtect.Testing;
using Xunit;

namespace StyleProtect.Cli.Tests;

/// <summary>Commands and options that README.md names are those of the program.</summary>
public sealed partial class ReadmeCommandTests
{
    private static readonly string s_readme = File.ReadAllText(Path.Combine(Checkout.Folder, "README.md"));

    [Fact]
    public async Task The_first_command_protects_a_folder()
    {
        using var temp = new TempFolder();
        Pictures.Write(temp["in/picture.png"]);
        var line = Lines().Matches(s_readme)
            .First(m => m.Groups["words"].Value.StartsWith("protect ", StringComparison.Ordinal)).Groups["words"].Value.Split(' ');
        Assert.Contains("samples/artworks", line);
        Assert.Contains("protected", line);
        var command = new CommandLine();
        Assert.Equal(ExitCode.Success,
            await command.RunAsync([.. line.Select(w => w == "samples/artworks" ? temp["in"] : w == "protected" ? temp["out"] : w)]));
        Assert.NotEmpty(temp.Files("out"));
    }

    [Fact]
    public void Projects_that_are_run_and_folders_that_are_read_exist()
    {
        var projects = Lines().Matches(s_readme).Select(m => m.Groups["project"].Value).ToArray();
        Assert.NotEmpty(projects);
        Assert.All(projects, p => Assert.Single(Directory.GetFiles(Path.Combine(Checkout.Folder, p), "*.csproj")));
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(Checkout.Folder, "samples", "artworks"), "*.png"));
    }

    [Fact]
    public async Task Commands_named_in_a_sentence_exist_with_their_options()
    {
        var named = Named().Matches(s_readme).Select(m => m.Groups[1].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToArray();
        Assert.NotEmpty(named);
        foreach (var words in named)
        {
            var options = await OptionsOf(words[0]);
            Assert.NotNull(options);
            foreach (var option in words.Where(w => w.StartsWith('-'))) Assert.True(options.Contains(option), $"'{words[0]}' has no option {option}");
        }

        Assert.Null(await OptionsOf("protct"));
    }

    [Fact]
    public async Task Options_named_in_a_sentence_belong_to_a_command()
    {
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var command in (string[])["protect", "doctor", "layers", "evaluate", "attack"]) known.UnionWith((await OptionsOf(command))!);
        var named = Options().Matches(s_readme).Select(m => m.Groups[1].Value).ToArray();
        Assert.NotEmpty(named);
        Assert.All(named, option => Assert.Contains(option, known));
    }

    /// <summary>A command's options by its help; null when there is no such command.</summary>
    private static async Task<HashSet<string>?> OptionsOf(string name)
    {
        var command = new CommandLine();
        // With an unknown word the help is that of the whole program.
        return await command.RunAsync(name, "--help") == ExitCode.Success && command.Output.Contains($"styleprotect {name} ", StringComparison.Ordinal)
            ? [.. Word().Matches(command.Output).Select(m => m.Value)]
            : null;
    }

    [GeneratedRegex(@"^    dotnet run .*--project (?<project>\S+) -- (?<words>.+)$", RegexOptions.Multiline, 1000)]
    private static partial Regex Lines();

    [GeneratedRegex("`styleprotect ([^`]+)`", RegexOptions.None, 1000)]
    private static partial Regex Named();

    [GeneratedRegex("`(--[a-z-]+)[^`]*`", RegexOptions.None, 1000)]
    private static partial Regex Options();

    [GeneratedRegex(@"(?<![\w-])--?[a-z][a-z-]*", RegexOptions.None, 1000)]
    private static partial Regex Word();
}
