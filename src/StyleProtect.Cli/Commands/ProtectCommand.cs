using System.CommandLine;
using StyleProtect.Cli.Options;
using StyleProtect.Cli.Plugins;
using StyleProtect.Cli.Protecting;
using StyleProtect.Cli.Reporting;
using StyleProtect.Cli.Terminals;
using StyleProtect.Cli.Text;
using StyleProtect.Metrics;

namespace StyleProtect.Cli.Commands;

/// <summary><c>styleprotect protect</c>.</summary>
internal sealed class ProtectCommand : SettingsCommand<ProtectSettings>
{
    private readonly Argument<string[]> _inputs = new("files or folders")
    {
        Description = "Pictures, or folders with pictures (PNG, JPEG, WebP, TIFF, AVIF, GIF)",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly PluginSet _plugins;

    internal ProtectCommand(Terminal terminal, ProtectJob job, PluginSet plugins)
        : base("protect", "Protects pictures against style mimicry. The originals are never changed.", ProtectDefinitions.For(plugins))
    {
        _plugins = plugins;
        Add(_inputs);
        SetAction(async (typed, cancellationToken) =>
        {
            try
            {
                return await job.RunAsync(ReadAll(typed), cancellationToken).ConfigureAwait(false);
            }
            catch (CommandException e) when (IsTyped(typed, SharedOptions.Json.Text))
            {
                terminal.WriteLine(Json.Serialize(ProtectDocument.OfError(e)));
                throw;
            }
        });
    }

    private ProtectSettings ReadAll(ParseResult typed)
    {
        var inputs = typed.GetValue(_inputs) ?? [];
        if (inputs.Length == 0) throw CommandException.Usage("no picture or folder was given.", "Example: styleprotect protect artworks -o protected");
        RefuseUnknownOptions(inputs);
        var settings = Read(typed);
        IPictureMetric[] metrics = [.. _plugins.Of<IPictureMetric>().Select(m => m.Value)];
        if (metrics.Length > 0) settings.Options = settings.Options with { Metrics = metrics };
        return settings with { Inputs = inputs, LoadedPlugins = _plugins.Sections };
    }

    // The parser takes a mistyped option for one more file name.
    private void RefuseUnknownOptions(string[] inputs)
    {
        if (Array.Find(inputs, i => i.StartsWith('-') && !Path.Exists(i)) is not { } unknown) return;
        var name = unknown.Split('=')[0];
        throw CommandException.Usage($"unknown option '{name}'.",
            Nearest.Suggest(name, Definitions.Select(o => o.Name)) ?? "`styleprotect protect --help` lists the options.");
    }
}
