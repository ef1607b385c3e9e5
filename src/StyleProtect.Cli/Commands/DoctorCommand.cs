using StyleProtect.Cli.Doctor;
using StyleProtect.Cli.Options;
using StyleProtect.Cli.Reporting;
using StyleProtect.Cli.Terminals;

namespace StyleProtect.Cli.Commands;

/// <summary><c>styleprotect doctor</c>: whether protection can run here, and how.</summary>
internal sealed class DoctorCommand : SettingsCommand<DoctorCommand.Settings>
{
    internal DoctorCommand(Terminal terminal, IReadOnlyList<IDoctorCheck> checks)
        : base("doctor", "Examines this machine: processor, memory, libtorch, device, model. Exit code 0 when protection can run, else 3.",
            [SharedOptions.Model, SharedOptions.Vae, SharedOptions.Variant, SharedOptions.Json])
    {
        SetAction(typed =>
        {
            var settings = Read(typed);
            var report = DoctorReport.Make(checks, settings.Host());
            if (settings.Json) terminal.WriteLine(Json.Serialize(report));
            else DoctorText.Write(terminal, report);
            return report.ExitCode;
        });
    }

    internal sealed class Settings : IModelSettings, IJsonSettings
    {
        public ModelChoice Model { get; } = new();

        public bool Json { get; set; }
    }
}
