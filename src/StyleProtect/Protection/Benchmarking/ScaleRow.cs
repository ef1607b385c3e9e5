namespace StyleProtect.Protection.Benchmarking;

/// <summary>What a step costs in one setting.</summary>
/// <param name="Varied">What the row belongs to.</param>
/// <param name="Side">Sides of the pictures in pixels.</param>
/// <param name="Pictures">Pictures protected together.</param>
/// <param name="Resolution">Side of a view in pixels.</param>
/// <param name="Layers">Layers whose K and V are trained.</param>
/// <param name="StepSeconds">Median time of a step.</param>
/// <param name="StepSecondsPerPicture">The same for one picture.</param>
/// <param name="ProcessorSeconds">Median of a step's processor time of all threads, which other work on the machine hardly changes.</param>
/// <param name="ProcessPeak">The whole process's peak in bytes; null where it is not counted.</param>
/// <param name="Estimate">What the memory plan said.</param>
/// <param name="Phases">Mean seconds by phase.</param>
internal sealed record ScaleRow(
    string Varied, int Side, int Pictures, int Resolution, int Layers, double StepSeconds, double StepSecondsPerPicture, double ProcessorSeconds, long? ProcessPeak, long Estimate, IReadOnlyDictionary<string, double> Phases);
