using System.CommandLine;
using Spectre.Console;
using StyleProtect.Cli.Models;
using StyleProtect.Cli.Reporting;
using StyleProtect.Cli.Terminals;
using StyleProtect.Cli.Text;

namespace StyleProtect.Cli.Commands;

/// <summary><c>styleprotect layers</c>: the model's cross-attention layers.</summary>
internal sealed class LayersCommand : Command
{
    internal LayersCommand(Terminal terminal)
        : base("layers", "Lists the model's cross-attention layers: names for --layers, sizes, and the paper's set.")
    {
        var model = new ModelOption();
        var json = new Option<bool>("--json") { Description = "Print one JSON document" };
        Add(model);
        Add(json);
        SetAction(async (result, cancellationToken) =>
        {
            var folder = model.Folder(result);
            var document = await LayersDocument.CreateAsync(folder, ModelFolder.ReadCatalog(folder), cancellationToken).ConfigureAwait(false);
            if (result.GetValue(json)) terminal.WriteLine(Json.Serialize(document));
            else Write(terminal, document);
            return ExitCode.Success;
        });
    }

    private static void Write(Terminal terminal, LayersDocument document)
    {
        var table = Tables.Create("layer", ">index", ">resolution", ">channels", ">heads", ">K,V weights", "paper");
        foreach (var layer in document.Layers)
        {
            table.AddRow([.. new[]
            {
                layer.Name, Format.Count(layer.Index), layer.Downsampling == 1 ? "latent" : $"latent/{layer.Downsampling}", Format.Count(layer.Channels),
                Format.Count(layer.Heads), Format.Count(layer.KeyValueParameters), layer.InPaperSet ? "yes" : "",
            }.Select(Markup.Escape)]);
        }

        terminal.Output.Write(table);
        terminal.WriteLine($"{document.Kind}: {document.Layers.Count} layers, {Format.Count(document.AllParameters)} K,V weights; " +
            (document.HasPaperSet ? $"the paper's set has {Format.Count(document.PaperParameters)}." : "the paper's set is not defined for this model."));
    }
}
