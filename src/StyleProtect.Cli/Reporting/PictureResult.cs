using System.Text.Json.Serialization;
using StyleProtect.Artworks;
using StyleProtect.Cli.Backends;
using StyleProtect.Cli.Protecting;
using StyleProtect.Protection;

namespace StyleProtect.Cli.Reporting;

/// <summary>One picture of a run, in the table and in the JSON document.</summary>
internal sealed record PictureResult
{
    public required string Input { get; init; }

    public required PictureStatus Status { get; init; }

    /// <summary>Why it failed, or null.</summary>
    public string? Reason { get; init; }

    public string? Output { get; init; }

    public string? Sidecar { get; init; }

    public int? Width { get; init; }

    public int? Height { get; init; }

    [JsonPropertyName("figures")]
    public PictureValues? Metrics { get; init; }

    /// <summary>Number of its run in <see cref="ProtectDocument.Runs"/>.</summary>
    public int? Batch => Run?.Batch;

    /// <summary>What had to be changed while reading, squashing or writing, each a sentence for the user.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    internal required PlannedPicture Plan { get; init; }

    /// <summary>The stack of an unexpected failure, or null.</summary>
    internal string? Details { get; init; }

    /// <summary>The run that it was protected in, or null.</summary>
    internal BatchRun? Run { get; init; }

    internal int BitDepth { get; init; }

    /// <summary>Width and height of the original.</summary>
    internal (int Width, int Height) OriginalSize { get; init; }

    internal static PictureResult Failed(PlannedPicture plan, string reason, Exception? unexpected = null) =>
        new()
        {
            Plan = plan,
            Input = plan.Input.Path,
            Status = PictureStatus.Failed,
            Reason = reason.ReplaceLineEndings(" "),
            Details = unexpected?.ToString()
        };

    internal static PictureResult Cancelled(PlannedPicture plan) => new() { Plan = plan, Input = plan.Input.Path, Status = PictureStatus.Cancelled };

    internal static PictureResult Done(PlannedPicture plan, Artwork original, ProtectedArtwork result, SavedPicture file, BatchRun run) => new()
    {
        Plan = plan,
        Input = plan.Input.Path,
        Status = PictureStatus.Protected,
        Output = plan.Output,
        Sidecar = plan.Sidecar,
        Width = result.Artwork.Width,
        Height = result.Artwork.Height,
        Metrics = new PictureValues(result.Psnr, result.Ssim, result.LInfinity, result.LatentShift, file.Bytes,
            file.IsPixelExact)
        { Own = result.Metrics.Count > 0 ? result.Metrics : null },
        Notes = [.. original.Metadata.Notes, .. ReferenceNote(original, result.Artwork, run.Options.OfficialScript), .. file.Notes],
        Run = run,
        BitDepth = result.Artwork.BitDepth,
        OriginalSize = (original.Width, original.Height),
    };

    private static string[] ReferenceNote(Artwork original, Artwork result, bool officialScript) => !officialScript ? [] :
    [
        $"Official script mode: squashed from {original.Width} × {original.Height} to {result.Width} × {result.Height} pixels, 8 bits, without alpha and " +
        "metadata, " +
        "as the official script does; the metrics compare with the squashed original.",
    ];
}

/// <summary>What became of a picture.</summary>
internal enum PictureStatus
{
    /// <summary>A protected copy was written.</summary>
    Protected,

    /// <summary>It failed; the reason says why. Nothing was written.</summary>
    Failed,

    /// <summary>The run was stopped before it was done. Nothing was written.</summary>
    Cancelled,
}

/// <summary>
/// How far a protected picture is from its original. The metrics belong to the computed samples; unless <see cref="PixelExact"/>, the file's own samples differ
/// a little.
/// </summary>
internal sealed record PictureValues(double Psnr, double Ssim, double LInfinity, double LatentShift, long FileBytes, bool PixelExact)
{
    /// <summary>Picture metrics of plug-ins by their names, or null.</summary>
    [JsonPropertyName("metrics"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, double>? Own { get; init; }
}
