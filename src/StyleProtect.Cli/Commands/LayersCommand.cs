using System.CommandLine;
using Spectre.Console;
using StyleProtect.Cli.Backends;
using StyleProtect.Cli.Measuring;
using StyleProtect.Cli.Reporting;
using StyleProtect.Cli.Terminals;
using StyleProtect.Cli.Text;

namespace StyleProtect.Cli.Commands;

/// <summary><c>styleprotect layers</c>: the model's cross-attention layers.</summary>
internal sealed class LayersCommand : Command
{
    internal LayersCommand(Terminal terminal, IArtworkStore store)
        : base("layers", "Lists the model's cross-attention layers: names for --layers, sizes, and the paper's set. With pictures: measures which carry style.")
    {
        var model = new ModelOption();
        var self = new Option<bool>("--self") { Description = "List the self-attention layers too" };
        var json = new Option<bool>("--json") { Description = "Print one JSON document" };
        var pictures = new Option<string>("--pictures") { HelpName = "folder", Description = "Measure on the pictures of this folder" };
        var prompts = new Option<string>("--prompts") { HelpName = "file", Description = "Their words: lines of file,content words,style words" };
        var csv = new Option<string>("--csv") { HelpName = "file", Description = "Write the measures as CSV" };
        var page = new Option<string>("--page") { HelpName = "file", Description = "Write the measures as an HTML page with plots" };
        var encoder = new Option<string>("--encoder") { HelpName = "folder", Description = "Style encoder for the similarity: one of this project, CLIP or CSD (default: the model's own)" };
        var contentEncoder = new Option<string>("--content-encoder") { HelpName = "folder", Description = "Content encoder compared with it; a CSD folder gives its content head (default: the text of the content words)" };
        foreach (var option in (Option[])[model, pictures, prompts, encoder, contentEncoder, self, json, csv, page]) Add(option);
        SetAction(async (result, cancellationToken) =>
        {
            var folder = model.Folder(result);
            var document = await LayersDocument.CreateAsync(folder, ModelFiles.ReadLayers(folder), cancellationToken).ConfigureAwait(false);
            var study = new LayerStudyArguments(result.GetValue(pictures), result.GetValue(prompts), result.GetValue(json), result.GetValue(csv), result.GetValue(page), result.GetValue(encoder), result.GetValue(contentEncoder));
            if (study.Measures) await new LayerStudy(terminal, store).RunAsync(study, document, cancellationToken).ConfigureAwait(false);
            else if (study.Json) terminal.WriteLine(Json.Serialize(document));
            else Write(terminal, document, result.GetValue(self));
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
                layer.Name, Format.Count(layer.Index), layer.Downsampling == 1 ? "latent" : $"latent/{layer.Downsampling}", $"{layer.Resolution} × {layer.Resolution}", Format.Count(layer.Channels),
                Format.Count(layer.Heads), Format.Count(layer.KeyValueParameters), layer.InPaperSet ? "yes" : "",
            }.Select(Markup.Escape)]);
        }

        terminal.Output.Write(table);
        terminal.WriteLine($"{document.Kind}: {document.Layers.Count} cross-attention layers, {Format.Count(document.AllParameters)} K,V weights; " +
            (document.HasPaperSet ? $"the paper's set has {Format.Count(document.PaperParameters)}." : "the paper's set is not defined for this model."));
    }
}
