using System.Text.Json.Serialization;
using StyleProtect.Cli.Plugins;
using StyleProtect.Cli.Protecting;

namespace StyleProtect.Cli.Reporting;

/// <summary>The JSON file beside a protected picture. Its schema is documented in docs/cli.md.</summary>
internal sealed record SidecarDocument
{
    public string Schema { get; } = "styleprotect.sidecar/1";

    public DateTimeOffset Created { get; } = DateTimeOffset.UtcNow;

    public required FileSection Input { get; init; }

    public required FileSection Output { get; init; }

    public required int? Width { get; init; }

    public required int? Height { get; init; }

    public required int BitDepth { get; init; }

    public required IReadOnlyList<string> Notes { get; init; }

    public required IReadOnlyDictionary<string, object?> Settings { get; init; }

    [JsonPropertyName("figures")]
    public required PictureValues? Metrics { get; init; }

    public required BatchRun Run { get; init; }

    /// <summary>The plug-ins that were loaded, or null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<PluginSection>? Plugins { get; init; }

    public RunVersions Versions { get; } = RunVersions.OfThisProcess;

    /// <param name="input">The original, hashed before it may have been replaced.</param>
    internal static SidecarDocument Create(FileSection input, PictureResult picture, BatchRun run, ProtectSettings settings) => new()
    {
        Input = input,
        Output = FileSection.Of(picture.Plan.Output),
        Width = picture.Width,
        Height = picture.Height,
        BitDepth = picture.BitDepth,
        Notes = picture.Notes,
        Settings = ProtectDefinitions.Section(settings.Resolved(run.Result), isPublished: true),
        Metrics = picture.Metrics,
        Run = run,
        Plugins = settings.LoadedPlugins,
    };
}
