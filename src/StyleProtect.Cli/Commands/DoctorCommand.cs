using System.CommandLine;
using StyleProtect.Cli.Doctor;
using StyleProtect.Cli.Reporting;
using StyleProtect.Cli.Terminals;

namespace StyleProtect.Cli.Commands;

/// <summary><c>styleprotect doctor</c>: whether protection can run here, and how.</summary>
internal sealed class DoctorCommand : Command
{
    internal DoctorCommand(Terminal terminal, IReadOnlyList<IDoctorCheck> checks)
        : base("doctor", "Examines this machine: processor, memory, libtorch, device, model. Exit code 0 when protection can run, else 3.")
    {
        var model = new ModelOption();
        var json = new Option<bool>("--json") { Description = "Print one JSON document" };
        Add(model);
        Add(json);
        SetAction(result =>
        {
            var report = DoctorReport.Make(checks, model.Folder(result));
            if (result.GetValue(json)) terminal.WriteLine(Json.Serialize(report));
            else DoctorText.Write(terminal, report);
            return report.ExitCode;
        });
    }
}
