namespace StyleProtect.Attacks;

/// <summary>Where a running attack stands.</summary>
/// <param name="Step">Training steps done.</param>
/// <param name="Steps">Training steps in all.</param>
/// <param name="Loss">Loss of the step just done.</param>
/// <param name="Elapsed">Time since the attack began.</param>
/// <param name="Remaining">Estimated time left in training.</param>
public sealed record AttackProgress(int Step, int Steps, double Loss, TimeSpan Elapsed, TimeSpan Remaining);
