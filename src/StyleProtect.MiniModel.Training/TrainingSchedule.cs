namespace StyleProtect.MiniModel.Training;

/// <summary>Learning rate over a training: linear warm-up, constant, cosine decay over the last part.</summary>
/// <param name="Peak">Highest rate.</param>
/// <param name="Steps">Steps in all.</param>
internal sealed record TrainingSchedule(double Peak, long Steps)
{
    private const int WarmUp = 200;
    private const double DecayFrom = 0.6;

    internal double At(long step)
    {
        var warm = Math.Min(1, (step + 1.0) / WarmUp);
        var progress = Math.Clamp((double)step / Steps, 0, 1);
        var decay = progress <= DecayFrom ? 1 : 0.02 + 0.98 * 0.5 * (1 + Math.Cos(Math.PI * (progress - DecayFrom) / (1 - DecayFrom)));
        return Peak * warm * decay;
    }
}
