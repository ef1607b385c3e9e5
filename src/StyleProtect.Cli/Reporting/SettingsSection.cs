using StyleProtect.Cli.Protecting;
using StyleProtect.Protection;

namespace StyleProtect.Cli.Reporting;

/// <summary>Settings as asked for, part of both JSON documents.</summary>
internal sealed record SettingsSection
{
    public required string Method { get; init; }

    public required double? Epsilon { get; init; }

    public required string? Strength { get; init; }

    public required int? Steps { get; init; }

    public required int? Draws { get; init; }

    public required double? StepSize { get; init; }

    public required long Seed { get; init; }

    public required string? Layers { get; init; }

    public required string? Prompt { get; init; }

    public required string? Target { get; init; }

    public required string? StyleEncoder { get; init; }

    public required double? LearningRate { get; init; }

    public required int? SurrogateSteps { get; init; }

    public required bool Reference { get; init; }

    public required int? Resolution { get; init; }

    /// <summary>Limit in bytes.</summary>
    public required long? Memory { get; init; }

    public required string Precision { get; init; }

    public required string Device { get; init; }

    public required string Format { get; init; }

    public required int Batch { get; init; }

    public required int? Threads { get; init; }

    /// <summary>The settings before a run: null stands for "the method's own".</summary>
    internal static SettingsSection Of(ProtectSettings settings) => Of(settings, settings.Options);

    /// <summary>The settings as a run resolved them.</summary>
    internal static SettingsSection Of(ProtectSettings settings, ProtectionResult result) => Of(settings, result.Options) with
    {
        Steps = result.Steps,
        StepSize = result.StepSize,
        Prompt = result.Prompt,
        // A sidecar is published with the picture: names, no paths.
        Target = NameOf(settings.Target),
        StyleEncoder = NameOf(settings.Options.StyleEncoder),
    };

    private static string? NameOf(string? path) => path is null ? null : Path.GetFileName(Path.TrimEndingDirectorySeparator(path));

    private static SettingsSection Of(ProtectSettings settings, ProtectionOptions options) => new()
    {
        Method = ProtectionMethods.Of(options.Method).Name,
        Epsilon = options.Epsilon,
        Strength = settings.Strength,
        Steps = options.Steps,
        Draws = options.Draws,
        StepSize = options.StepSize,
        Seed = options.Seed,
        Layers = settings.Layers,
        Prompt = options.Prompt,
        Target = settings.Target,
        StyleEncoder = options.StyleEncoder,
        LearningRate = options.LearningRate,
        SurrogateSteps = options.SurrogateSteps,
        Reference = options.Reference,
        Resolution = options.Resolution,
        Memory = options.MemoryLimit,
        Precision = options.Precision is Protection.Precision.BFloat16 ? "bf16" : options.Precision is Protection.Precision.Reference ? "reference" : "auto",
        Device = settings.Engine.Device switch { ComputeDevice.Cpu => "cpu", ComputeDevice.Cuda => "cuda", _ => "auto" },
        Format = settings.Format.Name,
        Batch = settings.Together ? ProtectSettings.MaxBatch : settings.Batch,
        Threads = settings.Threads,
    };
}
