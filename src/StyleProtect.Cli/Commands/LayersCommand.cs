using Spectre.Console;
using StyleProtect.Cli.Backends;
using StyleProtect.Cli.Measuring;
using StyleProtect.Cli.Options;
using StyleProtect.Cli.Plugins;
using StyleProtect.Cli.Reporting;
using StyleProtect.Cli.Terminals;
using StyleProtect.Cli.Text;
using StyleProtect.Layers;

namespace StyleProtect.Cli.Commands;

/// <summary><c>styleprotect layers</c>: the model's cross-attention layers.</summary>
internal sealed class LayersCommand : SettingsCommand<LayersSettings>
{
    internal LayersCommand(Terminal terminal, IArtworkStore store, PluginSet plugins)
        : base("layers", "Lists the model's cross-attention layers: names for --layers, sizes, and the paper's set. With pictures: measures which carry " +
            "style.", LayersSettings.For(plugins))
    {
        SetAction(async (typed, cancellationToken) =>
        {
            var settings = Read(typed);
            var host = settings.Host();
            var catalog = ModelFiles.ReadLayers(host);
            if (catalog.WithoutUNet is { } reason)
                throw CommandException.Usage($"'{host.ModelPath}' has no cross-attention layers: {reason}.",
                    "Methods that need only an autoencoder can use it.");
            var document = await LayersDocument.CreateAsync(host.ModelPath, catalog, cancellationToken).ConfigureAwait(false) with
            {
                Selectors = plugins.Sections is null ? null : [.. plugins.Of<ILayerSelector>().Select(s => s.Name)],
            };
            // The names are the same with LoRAs; whether they fit is still worth knowing.
            if (settings.Loras.Count > 0 && !settings.Measures)
                ProtectorFactory.Open(host, threads: null).Dispose();
            if (settings.Measures) await new LayerStudy(terminal, store).RunAsync(settings, document, cancellationToken).ConfigureAwait(false);
            else if (settings.Json) terminal.WriteLine(Json.Serialize(document));
            else Write(terminal, document, settings.Self);
            return ExitCode.Success;
        });
    }

    private static void Write(Terminal terminal, LayersDocument document, bool self)
    {
        var table = Tables.Create("layer", ">index", ">resolution", $">at {document.PictureSize} px", ">channels", ">heads", ">K,V weights", "paper");
        foreach (var layer in self ? document.Layers.Concat(document.SelfAttention) : document.Layers)
        {
            table.AddRow([.. new[]
            {
                layer.Name, Format.Count(layer.Index), layer.Downsampling == 1 ? "latent" : $"latent/{layer.Downsampling}",
                    $"{layer.Resolution} × {layer.Resolution}", Format.Count(layer.Channels),
                Format.Count(layer.Heads), Format.Count(layer.KeyValueParameters), layer.InPaperSet ? "yes" : "",
            }.Select(Markup.Escape)]);
        }

        terminal.Output.Write(table);
        terminal.WriteLine($"{document.Kind}: {document.Layers.Count} cross-attention layers, {Format.Count(document.AllParameters)} K,V weights; " +
            (document.HasPaperSet ? $"the paper's set has {Format.Count(document.PaperParameters)}." : "the paper's set is not defined for this model."));
        if (document.Selectors is { Count: > 0 } selectors) terminal.WriteLine($"Selectors of plug-ins, for --layers: {string.Join(", ", selectors)}.");
    }
}
