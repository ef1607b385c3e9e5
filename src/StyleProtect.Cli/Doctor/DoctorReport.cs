using Spectre.Console;
using StyleProtect.Cli.Terminals;
using StyleProtect.Protection;

namespace StyleProtect.Cli.Doctor;

/// <summary>All findings. Also what <c>doctor --json</c> prints.</summary>
internal sealed record DoctorReport(IReadOnlyList<Finding> Findings)
{
    public string Schema { get; } = "styleprotect.doctor/1";

    /// <summary>Whether a protection can run.</summary>
    public bool CanRun => Findings.All(f => f.Status != CheckStatus.Fail);

    public int ExitCode => CanRun ? Cli.ExitCode.Success : Cli.ExitCode.Environment;

    /// <summary>Runs the checks; one that breaks is itself a finding.</summary>
    internal static DoctorReport Make(IEnumerable<IDoctorCheck> checks, StyleProtectorOptions model) => new([.. checks.Select(c => Run(c, model))]);

    private static Finding Run(IDoctorCheck check, StyleProtectorOptions model)
    {
        try
        {
            return check.Run(model);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return Finding.Fail(check.Name, $"the check broke: {e.GetType().Name}: {e.Message}",
                "Please report this with the output of `styleprotect doctor --json`.");
        }
    }
}

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
