using StyleProtect.Cli.Options;
using StyleProtect.Cli.Reporting;
using StyleProtect.Cli.Terminals;
using StyleProtect.Cli.Text;
using StyleProtect.Hub;

namespace StyleProtect.Cli.Models;

/// <summary><c>styleprotect models pull</c>: downloads a model.</summary>
internal sealed class PullCommand : SettingsCommand<PullSettings>
{
    internal PullCommand(Terminal terminal, Func<ModelStore> open)
        : base("pull", "Downloads a model, or what is missing of it. A download that was stopped goes on where it stopped.", PullSettings.All)
    {
        var name = StoreUse.Name("A name of `models available`, or a repository: owner/name or owner/name@revision");
        Add(name);
        SetAction((typed, cancellationToken) => RunAsync(terminal, open, typed.GetRequiredValue(name), Read(typed), cancellationToken));
    }

    private static async Task<int> RunAsync(Terminal terminal, Func<ModelStore> open, string name, PullSettings settings, CancellationToken cancellationToken)
    {
        PulledModel pulled;
        try
        {
            pulled = await StoreUse.RunAsync(open, store => ProgressViews.For(terminal).ShowAsync<ModelPullProgress, PulledModel>(
                $"downloading {name}", ShownStep.Of, progress => store.PullAsync(name, settings.Options, progress, cancellationToken))).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            terminal.Note("Stopped. What was downloaded is kept: the same command goes on where it stopped.");
            throw;
        }

        foreach (var note in pulled.Notes) terminal.Note(note);
        if (settings.Json)
        {
            terminal.WriteLine(Json.Serialize(new Document("styleprotect.models-pull/1", pulled)));
            return ExitCode.Success;
        }

        var now = pulled.DownloadedBytes == 0 ? "all of it was here" : $"{Format.Bytes(pulled.DownloadedBytes)} downloaded and verified";
        terminal.WriteLine($"{pulled.Repository}: {pulled.Files.Count} {(pulled.Files.Count == 1 ? "file" : "files")}, {Format.Bytes(pulled.Bytes)}; {now}.");
        terminal.WriteLine(pulled.Path);
        return ExitCode.Success;
    }

    /// <param name="Schema">Name and version of this form.</param>
    /// <param name="Model">What is here now.</param>
    private sealed record Document(string Schema, PulledModel Model);
}
