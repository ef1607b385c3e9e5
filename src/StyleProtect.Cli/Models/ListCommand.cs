using Spectre.Console;
using StyleProtect.Cli.Options;
using StyleProtect.Cli.Reporting;
using StyleProtect.Cli.Terminals;
using StyleProtect.Cli.Text;
using StyleProtect.Hub;

namespace StyleProtect.Cli.Models;

/// <summary><c>styleprotect models list</c>: the models on this machine.</summary>
internal sealed class ListCommand : SettingsCommand<ListCommand.Settings>
{
    internal ListCommand(Terminal terminal, Func<ModelStore> open)
        : base("list", "Lists the models on this machine: embedded, downloaded, in the cache of Hugging Face, and in the folders of STYLEPROTECT_MODELS.",
            [All, SharedOptions.Json])
    {
        SetAction(typed =>
        {
            var settings = Read(typed);
            var models = StoreUse.Run(open, s => s.List());
            var shown = settings.All ? models : [.. models.Where(m => m.Ability != ModelAbility.None || m.Fault is not null)];
            if (settings.Json) terminal.WriteLine(Json.Serialize(new Document("styleprotect.models/1", shown)));
            else Write(terminal, shown, models.Count - shown.Count);
            return ExitCode.Success;
        });
    }

    private static IOptionDefinition<Settings> All { get; } =
        Define<Settings>.Switch("--all", "List also what this library cannot use", (s, v) => s.All = v);

    private static void Write(Terminal terminal, IReadOnlyList<LocalModel> models, int others)
    {
        var table = Tables.Create("kind", "name", ">size", "licence", "enough for", "path");
        foreach (var model in models)
            table.AddRow([.. new[]
            {
                model.Kind, model.Name, Format.Bytes(model.Bytes), model.License ?? "not known", AbilityText.Of(model.Ability), model.Path,
            }.Select(Markup.Escape)]);
        terminal.Output.Write(table);
        foreach (var model in models.Where(m => m.Fault is not null)) terminal.Warning($"{model.Name}: {model.Fault}");
        if (others > 0) terminal.Note($"{others} more in the cache {(others == 1 ? "is" : "are")} of no use to this library; --all lists them.");
    }

    internal sealed class Settings : IJsonSettings
    {
        public bool All { get; set; }

        public bool Json { get; set; }
    }

    /// <param name="Schema">Name and version of this form.</param>
    /// <param name="Models">The models.</param>
    private sealed record Document(string Schema, IReadOnlyList<LocalModel> Models);
}
