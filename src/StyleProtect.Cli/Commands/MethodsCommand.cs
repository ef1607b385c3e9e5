using System.Text.Json.Serialization;
using Spectre.Console;
using StyleProtect.Cli.Methods;
using StyleProtect.Cli.Options;
using StyleProtect.Cli.Plugins;
using StyleProtect.Cli.Reporting;
using StyleProtect.Cli.Terminals;
using StyleProtect.Cli.Text;
using StyleProtect.Protection;

namespace StyleProtect.Cli.Commands;

/// <summary><c>styleprotect methods</c>: the methods and their defaults.</summary>
internal sealed class MethodsCommand : SettingsCommand<JsonSettings>
{
    internal MethodsCommand(Terminal terminal, PluginSet plugins)
        : base("methods", "Lists the methods and their defaults.", [SharedOptions.Json, SharedOptions.Plugin, .. plugins.Options])
    {
        SetAction(typed =>
        {
            if (Read(typed).Json) terminal.WriteLine(Json.Serialize(Document.Of(plugins)));
            else Write(terminal, plugins);
            return ExitCode.Success;
        });
    }

    private static void Write(Terminal terminal, PluginSet plugins)
    {
        var table = Tables.Create("what it does", "method", "source", "layers", ">ε", ">steps", ">noise samples", ">ε with --official-script", ">steps",
            ">noise samples");
        foreach (var method in MethodCatalog.AllWith(plugins))
        {
            table.AddRow([.. new[] { method.Description, method.Name, method.Source, method.DefaultLayers }
                .Concat(new[] { MethodCatalog.Usual(method), MethodCatalog.Script(method) }.SelectMany(b => (double?[])[b.Epsilon, b.Steps, b.NoiseSamples])
                    .Select(MethodCatalog.Number))
                .Select(Markup.Escape)]);
        }

        terminal.Output.Write(table);
        var strengths = ProtectionStrength.All.Select(s =>
            $"{s.Name} ε = {Format.Number(s.Epsilon, "0.##")} (PSNR at least {Format.Number(s.PsnrFloor, "0.0")} dB)");
        terminal.WriteLine($"Strengths: {string.Join(", ", strengths)}. Default: {ProtectionStrength.Medium.Name}.");
        foreach (var (kind, names) in plugins.Names) terminal.WriteLine($"From plug-ins, {kind}: {string.Join(", ", names)}.");
    }

    /// <summary>What <c>methods --json</c> prints.</summary>
    private sealed record Document(IReadOnlyList<Row> Methods)
    {
        public string Schema { get; } = "styleprotect.methods/1";

        /// <summary>What plug-ins add, by kind, or null.</summary>
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public IReadOnlyDictionary<string, string[]>? Plugins { get; init; }

        internal static Document Of(PluginSet plugins) =>
            new([.. MethodCatalog.AllWith(plugins).Select(Row.Of)]) { Plugins = plugins.Names is { Count: > 0 } names ? names : null };
    }

    private sealed record Row(string Name, string Source, string Layers, double Epsilon, int? Steps, double ReferenceEpsilon, int? ReferenceSteps,
        string Description)
    {
        internal static Row Of(ProtectionMethod method)
        {
            var (usual, reference) = (MethodCatalog.Usual(method), MethodCatalog.Script(method));
            return new Row(method.Name, method.Source, method.DefaultLayers, usual.Epsilon, usual.Steps, reference.Epsilon, reference.Steps,
                method.Description);
        }
    }
}
