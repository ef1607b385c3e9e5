using StyleProtect.Cli.Protecting;
using StyleProtect.Protection;

namespace StyleProtect.Cli.Reporting;

/// <summary>What the engine did for one batch, part of both JSON documents.</summary>
internal sealed record RunSection
{
    /// <summary>Number of the batch, from 1.</summary>
    public required int Batch { get; init; }

    /// <summary>Pictures trained together.</summary>
    public required int Pictures { get; init; }

    /// <summary>Device and arithmetic, in words.</summary>
    public required string Device { get; init; }

    public required ModelSection Model { get; init; }

    /// <summary>Layers whose K and V were trained.</summary>
    public required IReadOnlyList<string> Layers { get; init; }

    public required long TrainedParameters { get; init; }

    public required double LossBefore { get; init; }

    public required double LossAfter { get; init; }

    public required IReadOnlyList<double> LossCurve { get; init; }

    /// <summary>Wall time of the whole batch.</summary>
    public required double Seconds { get; init; }

    /// <summary>How the steps were cut up to fit into memory.</summary>
    public required MemoryPlan? Memory { get; init; }

    /// <summary>Mean seconds of a step by phase.</summary>
    public required IReadOnlyDictionary<string, double> StepSeconds { get; init; }

    internal static RunSection Of(BatchOutcome batch) => new()
    {
        Batch = batch.Number,
        Pictures = batch.Size,
        Device = batch.Result.Device,
        // Only the folder's name: a sidecar is published with the picture and should not tell how somebody's disk is arranged.
        Model = new ModelSection(batch.Result.Model.Name, batch.Result.Model.Sha256),
        Layers = batch.Result.Layers,
        TrainedParameters = batch.Result.TrainedParameters,
        LossBefore = batch.Result.LossBefore,
        LossAfter = batch.Result.LossAfter,
        LossCurve = batch.Result.LossCurve,
        Seconds = batch.Result.Duration.TotalSeconds,
        Memory = batch.Result.Memory,
        StepSeconds = batch.Result.StepSeconds,
    };
}
