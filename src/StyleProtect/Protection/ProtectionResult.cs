using StyleProtect.Runtime;

namespace StyleProtect.Protection;

/// <summary>What a protection made and how.</summary>
public sealed record ProtectionResult
{
    /// <summary>The protected pictures in the request's order.</summary>
    public required IReadOnlyList<ProtectedArtwork> Artworks { get; init; }

    /// <summary>
    /// The settings as used: a request with them makes the same again. ε, steps and prompt are resolved; a step size is there unless it was the recipe's own
    /// decaying one.
    /// </summary>
    public required ProtectionOptions Options { get; init; }

    /// <summary>The L∞ step in 8-bit steps that was used first.</summary>
    public required double StepSize { get; init; }

    /// <summary>Steps done.</summary>
    public required int Steps { get; init; }

    /// <summary>The prompt that conditioned the model.</summary>
    public required string Prompt { get; init; }

    /// <summary>Names of the cross-attention layers whose K and V were trained.</summary>
    public required IReadOnlyList<string> Layers { get; init; }

    /// <summary>Number of trained weights.</summary>
    public required long TrainedParameters { get; init; }

    /// <summary>The model.</summary>
    public required ModelIdentity Model { get; init; }

    /// <summary>Device and arithmetic that were taken, in words ("cpu, bf16 weights: the processor has AVX-512 BF16").</summary>
    public required string Device { get; init; }

    /// <summary>
    /// Denoising loss of the original pictures under the frozen model, mean over fixed draws of noise and timestep; null where the model has no U-Net.
    /// </summary>
    public required double? LossBefore { get; init; }

    /// <summary>The same of the protected pictures as written.</summary>
    public required double? LossAfter { get; init; }

    /// <summary>Choices that were made among the model's files, a sentence each.</summary>
    public IReadOnlyList<string> ModelNotes { get; init; } = [];

    /// <summary>
    /// What the method raises, at every step: the denoising loss, or the method's own objective; in an ensemble the mean over its autoencoders.
    /// </summary>
    public required IReadOnlyList<double> LossCurve { get; init; }

    /// <summary>Time from leaving the queue to the result.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>How the steps were cut up to fit into memory; null when it was not planned.</summary>
    public MemoryPlan? Memory { get; init; }

    /// <summary>Mean seconds of a step by phase (encode, unet, unetBackward, encodeBackward, project).</summary>
    public required IReadOnlyDictionary<string, double> StepSeconds { get; init; }
}
