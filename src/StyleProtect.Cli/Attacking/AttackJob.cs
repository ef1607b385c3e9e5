using Spectre.Console;
using StyleProtect.Artworks;
using StyleProtect.Attacks;
using StyleProtect.Attacks.Purification;
using StyleProtect.Cli.Backends;
using StyleProtect.Cli.Options;
using StyleProtect.Cli.Protecting;
using StyleProtect.Cli.Reporting;
using StyleProtect.Cli.Terminals;
using StyleProtect.Cli.Text;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Hub;
using StyleProtect.Protection;
using TorchSharp;

namespace StyleProtect.Cli.Attacking;

/// <summary><c>styleprotect attack</c> from checked settings to files.</summary>
internal sealed class AttackJob(Terminal terminal, IArtworkStore store)
{
    /// <summary>Runs the attack.</summary>
    /// <exception cref="CommandException">It cannot be carried out, diverged, or its files cannot be written.</exception>
    internal async Task RunAsync(AttackSettings settings, CancellationToken cancellationToken)
    {
        var prompts = GenerationPrompts.Read(settings.Prompts);
        var files = ArtistFolder.Files(settings.Folder);
        RefuseExisting(settings, prompts);
        using var folder = new OutputFolder();
        folder.Prepare(settings.Output);
        if (settings.Learned is { } learned) folder.Prepare(Path.GetDirectoryName(Path.GetFullPath(learned))!);
        var artworks = files.Select(Load).ToArray();
        var captions = settings.Captions ? CaptionFiles.Read(files) : null;
        var plain = ModelFiles.Read(settings.Host()).Identity;
        if (settings.Threads is { } threads) torch.set_num_threads(threads);
        var (result, merged) = await AttackAsync(settings, prompts, files, artworks, captions, cancellationToken).ConfigureAwait(false);
        Write(settings, AttackDocument.Create(settings, prompts, files, captions, result, merged ?? plain), result);
    }

    private Artwork Load(string file)
    {
        try
        {
            return store.Load(file);
        }
        catch (PictureException e)
        {
            throw CommandException.Usage($"'{file}': {e.Message}", "The mimic learns from all pictures of the folder; take this one out.", e);
        }
    }

    private static IReadOnlyList<IPurifier> PurifiersOf(AttackSettings settings, AttackSimulator simulator)
    {
        try
        {
            return settings.Purifier is { } text ? [Purifiers.Parse(text, new PurifierServices { Host = simulator.Host })] : [];
        }
        catch (ArgumentException e)
        {
            throw CommandException.Usage(e, "--purifier: ");
        }
    }

    /// <returns>The result, and the model's identity where LoRAs changed it.</returns>
    private async Task<(AttackResult Result, ModelIdentity? Merged)> AttackAsync(
        AttackSettings settings, string[] prompts, string[] files, Artwork[] artworks, string[]? captions,
        CancellationToken cancellationToken)
    {
        try
        {
            using var simulator = AttackSimulator.Create(settings.Engine());
            var request = new AttackRequest(artworks, prompts, settings.Options)
            {
                Purifiers = PurifiersOf(settings, simulator),
                Captions = captions,
                SaveLearned = settings.Learned,
                LoraLayout = settings.LoraLayout,
                Checkpoints = settings.CheckpointEvery is { } every ? new AttackCheckpoints(settings.CheckpointFolder, every) : null,
            };
            var title = $"{AttackDefinitions.Kinds.NameOf(settings.Kind)} on {files.Length} pictures";
            var result = await ProgressViews.For(terminal)
                .ShowAsync<AttackProgress, AttackResult>(title, ShownStep.Of, p => simulator.SimulateAsync(request, p, cancellationToken))
                .ConfigureAwait(false);
            return (result, settings.Loras.Count > 0 ? simulator.Model : null);
        }
        catch (AttackException e)
        {
            throw CommandException.Usage(e.PictureIndex is { } index ? $"'{files[index]}': {e.Message}" : e.Message, cause: e);
        }
        catch (Exception e) when (e is ProtectionException or CheckpointException or SafetensorsException or ModelStoreException or DllNotFoundException)
        {
            throw CommandException.Environment(e.Message, "`styleprotect doctor` says more.", e);
        }
    }

    /// <summary>Checked before hours of training.</summary>
    private static void RefuseExisting(AttackSettings settings, string[] prompts)
    {
        if (PathIdentity.Same(PathIdentity.Resolve(settings.Folder), PathIdentity.Resolve(settings.Output)))
            throw CommandException.Usage($"'{settings.Output}' is the folder of the pictures.", "Choose another one with -o.");
        var outputs = prompts.Select((_, i) => Path.Combine(settings.Output, AttackSettings.Generated(i))).Prepend(settings.Document);
        if (settings.Learned is { } learned) outputs = outputs.Append(learned);
        if (!settings.Overwrite && outputs.FirstOrDefault(Path.Exists) is { } existing)
            throw CommandException.Usage($"'{existing}' exists already.", "Say --overwrite to replace it, or choose another folder with -o.");
    }

    private void Write(AttackSettings settings, AttackDocument document, AttackResult result)
    {
        try
        {
            for (var i = 0; i < result.Generated.Count; i++)
                store.Save(result.Generated[i], Path.Combine(settings.Output, AttackSettings.Generated(i)), PictureFormat.Png, settings.Overwrite);
            File.WriteAllText(settings.Document + ".tmp", Json.Serialize(document));
            File.Move(settings.Document + ".tmp", settings.Document, settings.Overwrite);
            if (settings.CheckpointEvery is not null && Directory.Exists(settings.CheckpointFolder))
                Directory.Delete(settings.CheckpointFolder, recursive: true); // its purpose is served
        }
        catch (Exception e) when (e is PictureException or IOException or UnauthorizedAccessException)
        {
            throw CommandException.Usage($"the results cannot be written to '{settings.Output}': {e.Message}", cause: e);
        }

        if (settings.Json)
        {
            terminal.WriteLine(Json.Serialize(document));
            return;
        }

        var table = Tables.Create("picture", "prompt");
        foreach (var (file, prompt) in document.Generated) table.AddRow(Markup.Escape(Path.Combine(settings.Output, file)), Markup.Escape(prompt));
        terminal.Output.Write(table);
        var tenth = Math.Max(1, document.LossCurve.Count / 10);
        terminal.WriteLine($"{document.Kind}: {Format.Count(document.TrainedParameters)} numbers trained, loss " +
            $"{Format.Number(document.LossCurve.Take(tenth).Average(), "0.0000")} (first tenth) to " +
            $"{Format.Number(document.LossCurve.TakeLast(tenth).Average(), "0.0000")} (last), {Format.Duration(result.Duration)}.");
        if (settings.Learned is not null) terminal.WriteLine(settings.Learned);
    }
}
