using System.CommandLine;
using StyleProtect.Cli.Backends;
using StyleProtect.Cli.Options;
using StyleProtect.Cli.Plugins;
using StyleProtect.Cli.Terminals;
using StyleProtect.Cli.Tests.Infrastructure;
using Xunit;

namespace StyleProtect.Cli.Tests.Documentation;

/// <summary>docs/cli.md says what the option definitions and the method descriptions say.</summary>
public sealed class CommandLineDocumentationTests
{
    private const string UpdateVariable = "STYLEPROTECT_UPDATE_DOCS";

    [Fact]
    public void The_tables_of_the_documentation_are_those_of_the_definitions()
    {
        var path = Find("docs/cli.md");
        var written = File.ReadAllText(path);
        var expected = Generated().Aggregate(written, (text, part) => Replace(text, part.Name, part.Table));
        if (Environment.GetEnvironmentVariable(UpdateVariable) == "1") File.WriteAllText(path, expected);
        else Assert.True(written == expected, FirstDifference(written, expected));
    }

    [Fact]
    public void A_difference_is_shown_by_its_line()
    {
        const string text = "a\n<!-- options of x -->\n| old |\n<!-- end -->\nb\n";
        var changed = Replace(text, "options of x", "| new |\n");
        Assert.Equal("a\n<!-- options of x -->\n| new |\n<!-- end -->\nb\n", changed);
        Assert.Equal("docs/cli.md, line 3, is\n| old |\nand has to be\n| new |\nSTYLEPROTECT_UPDATE_DOCS=1 writes the tables again.",
            FirstDifference(text, changed));
        Assert.Throws<InvalidOperationException>(() => Replace(text, "options of y", ""));
    }

    [Fact]
    public async Task Help_shows_the_defaults_of_all_methods()
    {
        var command = new CommandLine();
        Assert.Equal(0, await command.RunAsync("protect", "--help"));
        var help = string.Join(' ', command.Output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("Steps (1 to 100,000; default: 20; mist, photoguard and style-distance 60; with --official-script the official script's)", help,
            StringComparison.Ordinal);
        Assert.Contains("each a pass through the U-Net (1 to 64; default: 4; mist 1; with --official-script 1)", help, StringComparison.Ordinal);
        Assert.Contains("(0 to 1; default: 1e-5; fsmg and aspl 5e-6; mist-v2 1e-4; with --official-script the official script's)", help,
            StringComparison.Ordinal);
        Assert.Contains("(1 to 100,000; default: 10; fsmg 100; with --official-script the official script's)", help, StringComparison.Ordinal);
        Assert.DoesNotContain("--draws", help, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_and_documents_of_options_are_unambiguous()
    {
        foreach (var (command, options) in Commands())
        {
            string[] names = [.. options.SelectMany(o => o.Aliases.Concat(o.FormerNames).Append(o.Name))];
            Assert.Equal(names.Distinct(StringComparer.Ordinal), names);
            Assert.All(options, o => Assert.False(o.Help.EndsWith('.'), $"{command} {o.Name}"));
            Assert.All(options.Where(o => o.Excludes is not null), o => Assert.Contains(o.Excludes!.Value.Name, names));
        }
    }

    private static IEnumerable<(string Name, string Table)> Generated() =>
        Commands().Where(c => c.Options.Count > 2).Select(c => ($"options of {c.Name}", OptionTables.Options(c.Options)))
            .Append(("methods", OptionTables.Methods()));

    private static (string Name, IReadOnlyList<OptionText> Options)[] Commands()
    {
        var app = new CommandLineApp(Terminal.ForWriters(TextWriter.Null, TextWriter.Null),
            new CommandServices(new ProtectorFactory(), new ArtworkStore(), []));
        return [.. Below(app.CreateRoot(PluginSet.None), "")];
    }

    private static IEnumerable<(string Name, IReadOnlyList<OptionText> Options)> Below(Command command, string above) => command.Subcommands.SelectMany(c =>
        (c is IDefinedCommand defined ? [(above + c.Name, defined.Definitions)] : Array.Empty<(string, IReadOnlyList<OptionText>)>())
        .Concat(Below(c, $"{above}{c.Name} ")));

    private static string Replace(string text, string name, string table)
    {
        const string end = "<!-- end -->";
        var marker = $"<!-- {name} -->\n";
        var from = text.IndexOf(marker, StringComparison.Ordinal);
        var to = from < 0 ? -1 : text.IndexOf(end, from, StringComparison.Ordinal);
        if (to < 0) throw new InvalidOperationException($"docs/cli.md has no '{marker.Trim()}' with '{end}' after it.");
        return string.Concat(text.AsSpan(0, from + marker.Length), table, text.AsSpan(to));
    }

    private static string FirstDifference(string written, string expected)
    {
        string[] a = written.Split('\n'), b = expected.Split('\n');
        var line = Enumerable.Range(0, Math.Max(a.Length, b.Length)).FirstOrDefault(i => a.ElementAtOrDefault(i) != b.ElementAtOrDefault(i));
        return $"docs/cli.md, line {line + 1}, is\n{a.ElementAtOrDefault(line)}\nand has to be\n{b.ElementAtOrDefault(line)}\n{UpdateVariable}=1 writes the " +
            "tables again.";
    }

    private static string Find(string file)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (Path.Combine(folder.FullName, file) is var path && File.Exists(path)) return path;
        throw new FileNotFoundException($"There is no {file} above {AppContext.BaseDirectory}.");
    }
}
