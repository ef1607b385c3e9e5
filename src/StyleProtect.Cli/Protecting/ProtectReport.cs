namespace StyleProtect.Cli.Protecting;

/// <summary>What a protect run did.</summary>
/// <param name="Pictures">Every picture, in the order of the plan.</param>
/// <param name="WasCancelled">Whether Ctrl+C or SIGTERM stopped it.</param>
/// <param name="Elapsed">Wall time.</param>
internal sealed record ProtectReport(IReadOnlyList<PictureOutcome> Pictures, bool WasCancelled, TimeSpan Elapsed)
{
    internal int Count(PictureStatus status) => Pictures.Count(p => p.Status == status);

    /// <summary>The command's exit code.</summary>
    internal int ExitCode => WasCancelled ? Cli.ExitCode.Cancelled
        : Count(PictureStatus.Failed) == 0 ? Cli.ExitCode.Success
        : Count(PictureStatus.Protected) > 0 ? Cli.ExitCode.SomeFailed
        : Cli.ExitCode.Nothing;
}
