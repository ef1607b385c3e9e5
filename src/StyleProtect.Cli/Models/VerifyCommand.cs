using Spectre.Console;
using StyleProtect.Cli.Options;
using StyleProtect.Cli.Reporting;
using StyleProtect.Cli.Terminals;
using StyleProtect.Cli.Text;
using StyleProtect.Hub;

namespace StyleProtect.Cli.Models;

/// <summary><c>styleprotect models verify</c>: compares files with their hashes.</summary>
internal sealed class VerifyCommand : SettingsCommand<VerifyCommand.Settings>
{
    internal VerifyCommand(Terminal terminal, Func<ModelStore> open)
        : base("verify", "Compares the files of a downloaded model with their hashes. Exit code 0 when all are intact, else 1.",
            [RemoveDamaged, SharedOptions.Json])
    {
        var name = StoreUse.Name("A name of `models available`, or a repository: owner/name or owner/name@revision");
        Add(name);
        SetAction((typed, cancellationToken) => RunAsync(terminal, open, typed.GetRequiredValue(name), Read(typed), cancellationToken));
    }

    private static IOptionDefinition<Settings> RemoveDamaged { get; } =
        Define<Settings>.Switch("--remove-damaged", "Delete damaged files, so that the next pull gets them again", (s, v) => s.RemoveDamaged = v);

    private static async Task<int> RunAsync(Terminal terminal, Func<ModelStore> open, string name, Settings settings, CancellationToken cancellationToken)
    {
        var found = await StoreUse.RunAsync(open, store => ProgressViews.For(terminal).ShowAsync<ModelPullProgress, ModelVerification>(
            $"verifying {name}", ShownStep.Of, progress => store.VerifyAsync(name, settings.RemoveDamaged, progress, cancellationToken))).ConfigureAwait(false);
        if (settings.Json) terminal.WriteLine(Json.Serialize(new Document("styleprotect.models-verify/1", found)));
        else Write(terminal, name, found);
        return found.IsIntact ? ExitCode.Success : ExitCode.SomeFailed;
    }

    private static void Write(Terminal terminal, string name, ModelVerification found)
    {
        var table = Tables.Create("found", "file", ">size", "state");
        foreach (var file in found.Files)
            table.AddRow([.. new[] { file.Detail ?? "", file.Name, Format.Bytes(file.Bytes), Words.Kebab(file.State.ToString()) }.Select(Markup.Escape)]);
        terminal.Output.Write(table);
        var wrong = found.Files.Count(f => f.State is FileState.Damaged or FileState.Missing);
        terminal.WriteLine(wrong == 0 ? $"{found.Files.Count} files, none damaged."
            : found.Removed.Count > 0 ? $"{wrong} of {found.Files.Count} files are wrong. The damaged ones were deleted: `styleprotect models pull {name}` " +
                "gets them again."
            : $"{wrong} of {found.Files.Count} files are wrong. `styleprotect models verify {name} --remove-damaged` deletes the damaged ones, then " +
                $"`styleprotect models pull {name}` gets them again.");
    }

    internal sealed class Settings : IJsonSettings
    {
        public bool RemoveDamaged { get; set; }

        public bool Json { get; set; }
    }

    /// <param name="Schema">Name and version of this form.</param>
    /// <param name="Model">What was found.</param>
    private sealed record Document(string Schema, ModelVerification Model);
}
