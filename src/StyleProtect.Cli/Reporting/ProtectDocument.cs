using System.Text.Json.Serialization;
using StyleProtect.Cli.Plugins;
using StyleProtect.Cli.Protecting;

namespace StyleProtect.Cli.Reporting;

/// <summary>What a protect run did, and what <c>protect --json</c> prints. Its schema is documented in docs/cli.md.</summary>
internal sealed record ProtectDocument
{
    public string Schema { get; } = "styleprotect.protect/1";

    public required int ExitCode { get; init; }

    /// <summary>Why the run could not be carried out at all, or null.</summary>
    public string? Error { get; init; }

    /// <summary>Whether Ctrl+C or SIGTERM stopped it.</summary>
    public bool Cancelled { get; init; }

    /// <summary>Wall time.</summary>
    public double Seconds { get; init; }

    public IReadOnlyDictionary<string, object?>? Settings { get; init; }

    /// <summary>Every picture, in the order of the plan.</summary>
    public IReadOnlyList<PictureResult> Pictures { get; init; } = [];

    public IReadOnlyList<BatchRun> Runs { get; init; } = [];

    /// <summary>Artwork in the input folders in formats that are not read.</summary>
    public IReadOnlyList<string> NotRead { get; init; } = [];

    /// <summary>The plug-ins that were loaded, or null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<PluginSection>? Plugins { get; init; }

    public RunVersions Versions { get; } = RunVersions.OfThisProcess;

    internal int Count(PictureStatus status) => Pictures.Count(p => p.Status == status);

    internal static ProtectDocument Of(IReadOnlyList<PictureResult> pictures, TimeSpan elapsed, ProtectSettings settings)
    {
        var statuses = pictures.Select(p => p.Status).ToHashSet();
        var cancelled = statuses.Contains(PictureStatus.Cancelled);
        return new ProtectDocument
        {
            ExitCode = cancelled ? Cli.ExitCode.Cancelled
                : !statuses.Contains(PictureStatus.Failed) ? Cli.ExitCode.Success
                : statuses.Contains(PictureStatus.Protected) ? Cli.ExitCode.SomeFailed
                : Cli.ExitCode.Nothing,
            Cancelled = cancelled,
            Seconds = elapsed.TotalSeconds,
            Settings = ProtectDefinitions.Section(settings),
            Pictures = pictures,
            Plugins = settings.LoadedPlugins,
            Runs = [.. pictures.Select(p => p.Run).OfType<BatchRun>().DistinctBy(r => r.Batch)],
        };
    }

    internal static ProtectDocument OfError(CommandException error) => new() { ExitCode = error.ExitCode, Error = error.Line.ReplaceLineEndings(" ") };
}
