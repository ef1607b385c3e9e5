namespace StyleProtect.Protection;

/// <summary>Where a running protection stands.</summary>
/// <param name="Step">Steps done; training steps of a surrogate that is trained in turns (<see cref="ProtectionOptions.SurrogateSteps"/>) count, too.</param>
/// <param name="Steps">Steps in all.</param>
/// <param name="Loss">What the method raises, at the step just done: the denoising loss (mean squared error), or the method's own objective; after a training
/// step the surrogate's loss.</param>
/// <param name="Elapsed">Time since the job left the queue.</param>
/// <param name="Remaining">Estimated time left.</param>
public sealed record ProtectionProgress(int Step, int Steps, double Loss, TimeSpan Elapsed, TimeSpan Remaining);
