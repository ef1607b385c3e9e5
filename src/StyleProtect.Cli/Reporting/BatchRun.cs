using StyleProtect.Protection;

namespace StyleProtect.Cli.Reporting;

/// <summary>What the engine did for pictures trained together, part of both JSON documents. Their pixels are not kept.</summary>
internal sealed record BatchRun
{
    /// <summary>Number of the batch, from 1.</summary>
    public required int Batch { get; init; }

    /// <summary>Pictures trained together.</summary>
    public required int Pictures { get; init; }

    /// <summary>Device and arithmetic, in words.</summary>
    public required string Device { get; init; }

    public required ModelSection Model { get; init; }

    /// <summary>Choices that were made among the model's files.</summary>
    public required IReadOnlyList<string> ModelNotes { get; init; }

    /// <summary>Layers whose K and V were trained.</summary>
    public required IReadOnlyList<string> Layers { get; init; }

    public required long TrainedParameters { get; init; }

    public required double? LossBefore { get; init; }

    public required double? LossAfter { get; init; }

    public required IReadOnlyList<double> LossCurve { get; init; }

    /// <summary>Wall time of the whole batch.</summary>
    public required double Seconds { get; init; }

    /// <summary>How the steps were cut up to fit into memory.</summary>
    public required MemoryPlan? Memory { get; init; }

    /// <summary>Mean seconds of a step by phase.</summary>
    public required IReadOnlyDictionary<string, double> StepSeconds { get; init; }

    /// <summary>The library's result without its pictures.</summary>
    internal required ProtectionResult Result { get; init; }

    internal ProtectionOptions Options => Result.Options;

    /// <summary>Seconds for one picture: the batch's time shared evenly.</summary>
    internal double SecondsPerPicture => Seconds / Pictures;

    internal static BatchRun Of(int number, ProtectionResult result) => new()
    {
        Batch = number,
        Pictures = result.Artworks.Count,
        Device = result.Device,
        Model = ModelSection.Of(result.Model),
        ModelNotes = result.ModelNotes,
        Layers = result.Layers,
        TrainedParameters = result.TrainedParameters,
        LossBefore = result.LossBefore,
        LossAfter = result.LossAfter,
        LossCurve = result.LossCurve,
        Seconds = result.Duration.TotalSeconds,
        Memory = result.Memory,
        StepSeconds = result.StepSeconds,
        Result = result with { Artworks = [] },
    };
}
