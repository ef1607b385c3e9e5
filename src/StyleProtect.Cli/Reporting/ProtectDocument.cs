using StyleProtect.Cli.Protecting;

namespace StyleProtect.Cli.Reporting;

/// <summary>What <c>protect --json</c> prints. Its schema is documented in docs/cli.md.</summary>
internal sealed record ProtectDocument
{
    internal const string SchemaName = "styleprotect.protect/1";

    public string Schema { get; } = SchemaName;

    public required int ExitCode { get; init; }

    /// <summary>Why the run could not be carried out at all, or null.</summary>
    public string? Error { get; init; }

    public bool Cancelled { get; init; }

    public double Seconds { get; init; }

    public SettingsSection? Settings { get; init; }

    public IReadOnlyList<PictureSection> Pictures { get; init; } = [];

    public IReadOnlyList<RunSection> Runs { get; init; } = [];

    /// <summary>Artwork in the input folders in formats that are not read.</summary>
    public IReadOnlyList<string> NotRead { get; init; } = [];

    public required RunVersions Versions { get; init; }

    internal static ProtectDocument Of(ProtectReport report, ProtectSettings settings, IReadOnlyList<string> notRead, RunVersions versions) => new()
    {
        ExitCode = report.ExitCode,
        Cancelled = report.WasCancelled,
        Seconds = report.Elapsed.TotalSeconds,
        Settings = SettingsSection.Of(settings),
        Pictures = [.. report.Pictures.Select(p => PictureSection.Of(p))],
        Runs = [.. report.Pictures.Select(p => p.Batch).OfType<BatchOutcome>().DistinctBy(b => b.Number).Select(RunSection.Of)],
        NotRead = notRead,
        Versions = versions,
    };

    internal static ProtectDocument OfError(CommandException error, RunVersions versions) =>
        new() { ExitCode = error.ExitCode, Error = error.Line.ReplaceLineEndings(" "), Versions = versions };
}
