namespace StyleProtect.Protection.Engine;

/// <summary>What a job gives back to the protector.</summary>
internal sealed record ProtectionOutcome(
    IReadOnlyList<ProtectedArtwork> Artworks, double LossBefore, double LossAfter, IReadOnlyList<double> LossCurve,
    IReadOnlyDictionary<string, double> StepSeconds, long TrainedParameters, TimeSpan Duration);
