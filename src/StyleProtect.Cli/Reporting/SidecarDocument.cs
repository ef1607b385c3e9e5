using StyleProtect.Cli.Protecting;

namespace StyleProtect.Cli.Reporting;

/// <summary>The JSON file beside a protected picture. Its schema is documented in docs/cli.md.</summary>
internal sealed record SidecarDocument
{
    internal const string SchemaName = "styleprotect.sidecar/1";

    public string Schema { get; } = SchemaName;

    public required DateTimeOffset Created { get; init; }

    public required FileSection Input { get; init; }

    public required FileSection Output { get; init; }

    public required int Width { get; init; }

    public required int Height { get; init; }

    public required int BitDepth { get; init; }

    public required IReadOnlyList<string> Notes { get; init; }

    public required SettingsSection Settings { get; init; }

    public required FiguresSection Figures { get; init; }

    public required RunSection Run { get; init; }

    public required RunVersions Versions { get; init; }

    internal static SidecarDocument Create(
        PlannedPicture plan, string inputHash, string outputHash, PictureFigures figures, BatchOutcome batch, ProtectSettings settings, RunVersions versions) => new()
    {
        Created = DateTimeOffset.UtcNow,
        Input = new FileSection(plan.Input.Name, inputHash),
        Output = new FileSection(Path.GetFileName(plan.Output), outputHash),
        Width = figures.Width,
        Height = figures.Height,
        BitDepth = figures.BitDepth,
        Notes = figures.Notes,
        Settings = SettingsSection.Of(settings, batch.Result),
        Figures = FiguresSection.Of(figures),
        Run = RunSection.Of(batch),
        Versions = versions,
    };
}
