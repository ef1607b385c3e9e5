using Spectre.Console;
using StyleProtect.Cli.Options;
using StyleProtect.Cli.Reporting;
using StyleProtect.Cli.Terminals;
using StyleProtect.Cli.Text;
using StyleProtect.Hub;

namespace StyleProtect.Cli.Models;

/// <summary><c>styleprotect models available</c>: the catalogue.</summary>
internal sealed class AvailableCommand : SettingsCommand<AvailableCommand.Settings>
{
    internal AvailableCommand(Terminal terminal, Func<ModelStore> open)
        : base("available", "Lists the models that are known by a short name. No network is used.", [SharedOptions.Json])
    {
        SetAction(typed =>
        {
            var entries = StoreUse.Run(open, s => s.Catalog.Entries);
            if (Read(typed).Json) terminal.WriteLine(Json.Serialize(new Document("styleprotect.models-available/1", entries)));
            else Write(terminal, entries);
            return ExitCode.Success;
        });
    }

    private static void Write(Terminal terminal, IReadOnlyList<CatalogEntry> entries)
    {
        var table = Tables.Create("what it is for", "name", "repository", ">download", "licence", "enough for", "checked on");
        foreach (var entry in entries)
            table.AddRow([.. new[]
            {
                entry.Gated ? $"{entry.Purpose} Gated." : entry.Purpose, entry.Name, entry.Repository, "about " + Format.Bytes(entry.SizeOf()), entry.License,
                AbilityText.Of(entry.Ability), entry.CheckedOn?.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture) ?? "not checked",
            }.Select(Markup.Escape)]);
        terminal.Output.Write(table);
        terminal.WriteLine("`styleprotect models pull <name>` downloads one; any other repository as owner/name.");
    }

    internal sealed class Settings : IJsonSettings
    {
        public bool Json { get; set; }
    }

    /// <param name="Schema">Name and version of this form.</param>
    /// <param name="Models">The models.</param>
    private sealed record Document(string Schema, IReadOnlyList<CatalogEntry> Models);
}
