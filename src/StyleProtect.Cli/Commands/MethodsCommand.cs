using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using StyleProtect.Cli.Reporting;
using StyleProtect.Cli.Terminals;
using StyleProtect.Cli.Text;
using StyleProtect.Protection;

namespace StyleProtect.Cli.Commands;

/// <summary><c>styleprotect methods</c>: the methods and their defaults.</summary>
internal sealed class MethodsCommand : Command
{
    internal MethodsCommand(Terminal terminal)
        : base("methods", "Lists the methods and their defaults.")
    {
        var json = new Option<bool>("--json") { Description = "Print one JSON document" };
        Add(json);
        SetAction(result =>
        {
            if (result.GetValue(json)) terminal.WriteLine(Json.Serialize(MethodsDocument.Create()));
            else Write(terminal);
            return ExitCode.Success;
        });
    }

    private static void Write(Terminal terminal)
    {
        var table = Tables.Create("what it does", "method", "source", "layers", ">ε", ">steps", ">ε with --reference", ">steps");
        foreach (var method in ProtectionMethod.BuiltIn)
        {
            table.AddRow([.. new[]
            {
                method.Description, method.Name, method.Source, method.DefaultLayers,
                Format.Number(method.Epsilon, "0.###"), Steps(method.Steps), Format.Number(method.ReferenceEpsilon, "0.###"), Steps(method.ReferenceSteps),
            }.Select(Markup.Escape)]);
        }

        terminal.Output.Write(table);
        var strengths = ProtectionStrength.All.Select(s => $"{s.Name} ε = {Format.Number(s.Epsilon, "0.##")} (PSNR at least {Format.Number(s.PsnrFloor, "0.0")} dB)");
        terminal.WriteLine($"Strengths: {string.Join(", ", strengths)}. Default: {ProtectionStrength.Medium.Name}.");
    }

    private static string Steps(int? steps) => steps?.ToString(CultureInfo.InvariantCulture) ?? "–";
}
