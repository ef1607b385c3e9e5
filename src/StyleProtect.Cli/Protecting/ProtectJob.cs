using StyleProtect.Cli.Backends;
using StyleProtect.Cli.Reporting;
using StyleProtect.Cli.Terminals;

namespace StyleProtect.Cli.Protecting;

/// <summary>The protect command from checked words to exit code.</summary>
internal sealed class ProtectJob(Terminal terminal, IProtectorFactory factory, IArtworkStore store)
{
    /// <summary>Runs the command.</summary>
    /// <returns>The exit code.</returns>
    internal async Task<int> RunAsync(ProtectSettings settings, CancellationToken cancellationToken)
    {
        var (pictures, unreadable) = InputCollector.Collect(settings.Inputs, settings.Recursive, settings.Output);
        if (settings.Together && pictures.Count > ProtectSettings.MaxBatch)
            throw CommandException.Usage($"--together: {pictures.Count} pictures are too many, at most {ProtectSettings.MaxBatch} can be trained together.",
                "Leave --together out: they are taken in batches.");
        var plan = OutputPlan.Create(pictures, settings.Output, settings.Format);
        if (settings.Explain) return new Explanation(terminal, store).Print(plan, settings, cancellationToken);
        OutputPlan.Check(plan, settings.Output, settings.Overwrite);
        Announce(settings, unreadable, plan);

        using var folder = new OutputFolder();
        folder.Prepare(settings.Output);
        foreach (var child in plan.Select(p => Path.GetDirectoryName(p.Output)!).Distinct(StringComparer.Ordinal)) folder.Prepare(child);

        var runner = new ProtectRunner(factory, store, ProgressViews.For(terminal), new ResultWriter(store));
        var document = await runner.RunAsync(plan, settings, cancellationToken).ConfigureAwait(false) with { NotRead = unreadable };

        ShowNotes(document, settings);
        if (settings.Json) terminal.WriteLine(Json.Serialize(document));
        else ProtectTable.Write(terminal, document, settings);
        return document.ExitCode;
    }

    private void ShowNotes(ProtectDocument document, ProtectSettings settings)
    {
        var notes = document.Pictures.SelectMany(p => p.Notes.Select(n => $"{p.Input}: {n}")).ToArray();
        foreach (var note in document.Runs.SelectMany(r => r.Result.ModelNotes).Distinct(StringComparer.Ordinal)) terminal.Note(note);
        if (settings.Verbose) foreach (var note in notes) terminal.Note(note);
        else if (notes.Length > 0)
            terminal.Note($"{notes.Length} {(notes.Length == 1 ? "note" : "notes")} on what was changed while reading or writing: --verbose shows them, the " +
                "sidecars hold them.");
    }

    private void Announce(ProtectSettings settings, IReadOnlyList<string> unreadable, IReadOnlyList<PlannedPicture> plan)
    {
        if (settings.Format.IsLossy)
            terminal.Warning("JPEG throws away fine detail, and with it part of the protection; ε no longer holds for every sample. PNG, WebP, TIFF and AVIF " +
                "keep it whole.");
        if (OutputPlan.Replacing(plan) is { Count: > 0 } replaced)
            terminal.Warning($"--overwrite: {replaced.Count} of the originals will be replaced ({replaced[0].Input.Path}{(replaced.Count > 1 ? ", …" : "")}).");
        if (unreadable.Count > 0)
            terminal.Warning($"{unreadable.Count} {(unreadable.Count == 1 ? "file is" : "files are")} in a format that is not read and will not be " +
                "protected: " +
                string.Join(", ", unreadable.Take(5).Select(Path.GetFileName)) + (unreadable.Count > 5 ? ", …" : ""));
    }
}
