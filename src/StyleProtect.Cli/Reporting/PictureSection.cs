using StyleProtect.Cli.Protecting;

namespace StyleProtect.Cli.Reporting;

/// <summary>One picture of <see cref="ProtectDocument"/>.</summary>
internal sealed record PictureSection
{
    public required string Input { get; init; }

    public required PictureStatus Status { get; init; }

    /// <summary>Why it failed, or null.</summary>
    public string? Reason { get; init; }

    public string? Output { get; init; }

    public string? Sidecar { get; init; }

    public int? Width { get; init; }

    public int? Height { get; init; }

    public FiguresSection? Figures { get; init; }

    /// <summary>Number of its run in <see cref="ProtectDocument.Runs"/>.</summary>
    public int? Batch { get; init; }

    public IReadOnlyList<string> Notes { get; init; } = [];

    internal static PictureSection Of(PictureOutcome outcome)
    {
        var section = new PictureSection { Input = outcome.Picture.Input.Path, Status = outcome.Status, Reason = outcome.Reason };
        return outcome.Figures is not { } figures ? section : section with
        {
            Output = outcome.Picture.Output,
            Sidecar = outcome.Picture.Sidecar,
            Width = figures.Width,
            Height = figures.Height,
            Figures = FiguresSection.Of(figures),
            Batch = outcome.Batch?.Number,
            Notes = figures.Notes,
        };
    }
}
