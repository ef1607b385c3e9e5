using StyleProtect.Cli.Backends;
using StyleProtect.Cli.Options;
using StyleProtect.Cli.Reporting;
using StyleProtect.Cli.Terminals;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Hub;
using StyleProtect.Layers;
using StyleProtect.Layers.Analysis;
using StyleProtect.Perception;
using StyleProtect.Protection;

namespace StyleProtect.Cli.Measuring;

/// <summary><c>styleprotect layers --pictures</c>: measures the layers and writes what was asked for.</summary>
internal sealed class LayerStudy(Terminal terminal, IArtworkStore store)
{
    internal async Task RunAsync(LayersSettings settings, LayersDocument catalog, CancellationToken cancellationToken)
    {
        if (settings.Pictures is null || settings.Prompts is null)
            throw CommandException.Usage($"{(settings.Pictures is null ? "--pictures" : "--prompts")} is missing.",
                "Measuring needs --pictures <folder> and --prompts <file>.");
        foreach (var output in (string?[])[settings.Csv, settings.Page])
            if (output is not null && File.Exists(output)) throw CommandException.Usage($"'{output}' exists.", "Name another file, or remove it.");
        var examples = PromptsFile.Read(settings.Prompts, settings.Pictures, store);
        using var protector = ProtectorFactory.Open(settings.Host(), threads: null);
        SensitivityDocument document;
        try
        {
            var own = ImageEncoders.StyleEncoderOf(catalog.Model);
            // Stable Diffusion's folders bring none: similarity is then left out, and the result says so.
            using var style = (settings.Encoder ?? (Directory.Exists(own) ? own : null)) is { } folder ? ImageEncoders.Open(folder) : null;
            using var content = settings.ContentEncoder is { } other ? ContentEncoders.Open(other) : null;
            var measured = await ProgressViews.For(terminal).ShowAsync<SensitivityProgress, LayerSensitivity>(
                "measuring layers", ShownStep.Of, progress => protector.Host.MeasureLayersAsync(examples, styleEncoder: style, contentEncoder: content,
                    progress: progress, cancellationToken: cancellationToken)).ConfigureAwait(false);
            document = SensitivityDocument.Create(catalog, measured, examples.Count);
        }
        catch (Exception e) when (e is LayerSelectionException or ProtectionException or ModelHostException)
        {
            throw CommandException.Usage(e.Message, cause: e);
        }
        catch (Exception e) when (e is CheckpointException or SafetensorsException or ModelStoreException)
        {
            throw CommandException.Environment(e.Message, cause: e);
        }

        if (settings.Csv is not null) Write(settings.Csv, SensitivityTable.Csv(document));
        if (settings.Page is not null) Write(settings.Page, SensitivityPage.Create(document));
        if (settings.Json) terminal.WriteLine(Json.Serialize(document));
        else SensitivityTable.Write(terminal, document);
    }

    private static void Write(string path, string text)
    {
        try
        {
            File.WriteAllText(path + ".part", text);
            File.Move(path + ".part", path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CommandException.Usage($"'{path}' cannot be written: {e.Message}", cause: e);
        }
    }
}
