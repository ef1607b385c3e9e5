using Spectre.Console;
using StyleProtect.Cli.Terminals;

namespace StyleProtect.Cli.Doctor;

/// <summary>The doctor's report for people.</summary>
internal static class DoctorText
{
    internal static void Write(Terminal terminal, DoctorReport report)
    {
        var width = report.Findings.Select(f => f.Check.Length).DefaultIfEmpty(0).Max();
        foreach (var finding in report.Findings)
        {
            var (label, colour) = finding.Status switch { CheckStatus.Ok => ("OK  ", "green"), CheckStatus.Warn => ("WARN", "yellow"), _ => ("FAIL", "red") };
            terminal.Output.Markup($"[{colour}]{label}[/]");
            terminal.WriteLine($"  {finding.Check.PadRight(width)}  {finding.Detail.ReplaceLineEndings(" ")}");
            if (finding.Remedy is { } remedy) terminal.WriteLine($"      {new string(' ', width)}  → {remedy}");
        }

        terminal.WriteLine();
        terminal.WriteLine(report.CanRun ? "Protection can run on this machine." : "Protection cannot run on this machine: see FAIL above.");
    }
}
