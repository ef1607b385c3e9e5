using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using StyleProtect.Cli.Options;
using StyleProtect.Cli.Reporting;
using StyleProtect.Cli.Terminals;
using StyleProtect.Evaluation;

namespace StyleProtect.Cli.Commands;

/// <summary><c>styleprotect pool</c>: the evaluations of several artists in one table.</summary>
internal sealed class PoolCommand : SettingsCommand<JsonSettings>
{
    internal PoolCommand(Terminal terminal)
        : base("pool", "Says what was removed over several artists: mean and 95 % interval over all pairs of artist and seed.", [SharedOptions.Json])
    {
        var folders = new Argument<string[]>("folders")
        {
            Description = "Output folders of `styleprotect evaluate`, one an artist",
            Arity = ArgumentArity.OneOrMore
        };
        Add(folders);
        SetAction(typed => Run(terminal, typed.GetRequiredValue(folders), Read(typed).Json));
    }

    private static int Run(Terminal terminal, string[] folders, bool json)
    {
        try
        {
            var evaluations = new Dictionary<string, EvaluationSummary>(StringComparer.Ordinal);
            foreach (var folder in folders)
                if (!evaluations.TryAdd(Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))), EvaluationSummary.Read(folder)))
                    throw CommandException.Usage($"'{folder}': two evaluations have this name.", "Name each folder after its artist.");
            foreach (var (artist, _) in evaluations.Where(e => !e.Value.MimicryWorks))
                terminal.Note($"{artist} is left out: the mimic did not copy it from clean pictures.");
            var pooled = PooledResult.Of(evaluations);
            if (json) terminal.WriteLine(Json.Serialize(new Document("styleprotect.pool/1", pooled)));
            else Write(terminal, pooled);
            return ExitCode.Success;
        }
        catch (ArgumentException e)
        {
            throw CommandException.Usage(e);
        }
    }

    private static void Write(Terminal terminal, IReadOnlyList<PooledResult> pooled)
    {
        string[] artists = [.. pooled.SelectMany(p => p.ByArtist.Keys).Distinct(StringComparer.Ordinal)];
        var table = Tables.Create(["condition", "purifier", ">pairs", ">removed", .. artists.Select(a => ">" + a)]);
        foreach (var line in pooled)
            table.AddRow([.. new[] { line.Condition, line.Purifier, line.Removed.Count.ToString(CultureInfo.InvariantCulture),
                Text(line.Removed) }.Concat(artists.Select(a => Text(line.ByArtist[a]))).Select(Markup.Escape)]);
        terminal.Output.Write(table);
    }

    private static string Text(Estimate removed) => removed.ToText("0", 100) + " %";

    /// <param name="Schema">Name and version of this form.</param>
    /// <param name="Results">A line for each condition and purifier.</param>
    private sealed record Document(string Schema, IReadOnlyList<PooledResult> Results);
}
