using System.Text.Json.Serialization;
using StyleProtect.Attacks;
using StyleProtect.Cli.Options;
using StyleProtect.Cli.Reporting;

namespace StyleProtect.Cli.Attacking;

/// <summary>What <c>styleprotect attack</c> leaves beside its pictures. File names only, no paths.</summary>
internal sealed record AttackDocument
{
    public string Schema { get; } = "styleprotect.attack/1";

    public required DateTimeOffset Created { get; init; }

    public required string Kind { get; init; }

    /// <summary>The pictures learned from.</summary>
    public required IReadOnlyList<FileSection> Pictures { get; init; }

    /// <summary>Their captions, or null where all have the instance prompt.</summary>
    public required IReadOnlyList<string>? Captions { get; init; }

    /// <summary>What the mimic did to them first, or null.</summary>
    public required string? Purifier { get; init; }

    public required AttackOptions Settings { get; init; }

    [JsonPropertyName("painted")]
    public required IReadOnlyList<GeneratedPicture> Generated { get; init; }

    /// <summary>File with what was learned, or null.</summary>
    public required string? Learned { get; init; }

    public required long TrainedParameters { get; init; }

    public required IReadOnlyList<double> LossCurve { get; init; }

    public required double Seconds { get; init; }

    public required ModelSection Model { get; init; }

    /// <summary>What was merged into the model, or null.</summary>
    public required IReadOnlyList<LoraSection>? Loras { get; init; }

    public required RunVersions Versions { get; init; }

    internal static AttackDocument Create(AttackSettings settings, IReadOnlyList<string> prompts, IReadOnlyList<string> files,
        IReadOnlyList<string>? captions, AttackResult result, ModelIdentity model) => new()
        {
            Created = DateTimeOffset.UtcNow,
            Kind = AttackDefinitions.Kinds.NameOf(settings.Kind),
            Pictures = [.. files.Select(FileSection.Of)],
            Captions = captions,
            Purifier = settings.Purifier,
            Settings = settings.Options,
            Generated = [.. prompts.Select((p, i) => new GeneratedPicture(AttackSettings.Generated(i), p))],
            Learned = settings.Learned is { } learned ? Path.GetFileName(learned) : null,
            TrainedParameters = result.TrainedParameters,
            LossCurve = result.LossCurve,
            Seconds = Math.Round(result.Duration.TotalSeconds, 1),
            Model = ModelSection.Of(model),
            Loras = settings.Loras.Count == 0 ? null : [.. settings.Loras.Select(LoraSection.Of)],
            Versions = RunVersions.OfThisProcess,
        };

    /// <summary>A generated picture and its prompt.</summary>
    internal sealed record GeneratedPicture(string File, string Prompt);
}
