namespace StyleProtect.Cli.Protecting;

/// <summary>What became of one picture.</summary>
internal sealed record PictureOutcome
{
    public required PlannedPicture Picture { get; init; }

    public required PictureStatus Status { get; init; }

    /// <summary>Why it failed, or null.</summary>
    public string? Reason { get; init; }

    /// <summary>The stack of an unexpected failure, or null.</summary>
    public string? Details { get; init; }

    /// <summary>The protected picture's figures, or null. Its pixels are not kept.</summary>
    public PictureFigures? Figures { get; init; }

    /// <summary>The batch that it was protected in, or null. Its pixels are not kept.</summary>
    public BatchOutcome? Batch { get; init; }

    internal static PictureOutcome Failed(PlannedPicture picture, string reason, Exception? unexpected = null) =>
        new() { Picture = picture, Status = PictureStatus.Failed, Reason = reason.ReplaceLineEndings(" "), Details = unexpected?.ToString() };

    internal static PictureOutcome Cancelled(PlannedPicture picture) => new() { Picture = picture, Status = PictureStatus.Cancelled };

    internal static PictureOutcome Done(PlannedPicture picture, PictureFigures figures, BatchOutcome batch) =>
        new() { Picture = picture, Status = PictureStatus.Protected, Figures = figures, Batch = batch };
}
