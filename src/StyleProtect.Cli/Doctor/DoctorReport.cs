namespace StyleProtect.Cli.Doctor;

/// <summary>All findings. Also what <c>doctor --json</c> prints.</summary>
internal sealed record DoctorReport(IReadOnlyList<Finding> Findings)
{
    public string Schema { get; } = "styleprotect.doctor/1";

    /// <summary>Whether a protection can run.</summary>
    public bool CanRun => Findings.All(f => f.Status != CheckStatus.Fail);

    public int ExitCode => CanRun ? Cli.ExitCode.Success : Cli.ExitCode.Environment;

    /// <summary>Runs the checks; one that breaks is itself a finding.</summary>
    internal static DoctorReport Make(IEnumerable<IDoctorCheck> checks, string modelPath) => new([.. checks.Select(c => Run(c, modelPath))]);

    private static Finding Run(IDoctorCheck check, string modelPath)
    {
        try
        {
            return check.Run(modelPath);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return Finding.Fail(check.Name, $"the check broke: {e.GetType().Name}: {e.Message}",
                "Please report this with the output of `styleprotect doctor --json`.");
        }
    }
}
