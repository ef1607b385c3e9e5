namespace StyleProtect.Protection;

/// <summary>Where a running protection stands.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Steps">Steps in all.</param>
/// <param name="Loss">Denoising loss of the step just done (mean squared error).</param>
/// <param name="Elapsed">Time since the job left the queue.</param>
/// <param name="Remaining">Estimated time left.</param>
public sealed record ProtectionProgress(int Step, int Steps, double Loss, TimeSpan Elapsed, TimeSpan Remaining);
