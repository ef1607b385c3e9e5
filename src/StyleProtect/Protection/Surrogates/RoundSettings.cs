namespace StyleProtect.Protection.Surrogates;

/// <summary>The figures of a surrogate's rounds.</summary>
/// <param name="StepsOfRound">Picture steps of a round.</param>
/// <param name="TrainingSteps">Training steps at a time.</param>
/// <param name="LearningRate">AdamW's rate.</param>
/// <param name="Seed">Of noise and timesteps.</param>
internal sealed record RoundSettings(int StepsOfRound, int TrainingSteps, double LearningRate, long Seed);
