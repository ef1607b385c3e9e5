namespace StyleProtect.Protection.Benchmarking;

/// <summary>One piece of work in one form.</summary>
/// <param name="Work">What is computed.</param>
/// <param name="Form">In which form.</param>
/// <param name="Seconds">Median of the rounds.</param>
/// <param name="ProcessorSeconds">Median of the processor time of all threads, which other work on the machine hardly changes.</param>
/// <param name="ProcessPeak">The whole process's peak in bytes, model included; null where it is not counted.</param>
/// <param name="ExtraMemory">The peak above what was held before.</param>
/// <param name="Plan">How it was cut up to fit into memory; null for forms without a plan.</param>
/// <param name="Operations">10⁹ floating-point operations, forward twice; not a number where the plan computes parts again.</param>
/// <param name="FractionOfCeiling">Share of the time that its convolutions and products would take at the machine's ceilings.</param>
/// <param name="Phases">Mean seconds by phase; empty where it is one.</param>
internal sealed record WorkTiming(
    string Work, string Form, double Seconds, double ProcessorSeconds, long? ProcessPeak, long? ExtraMemory, MemoryPlan? Plan, double Operations, double FractionOfCeiling, IReadOnlyDictionary<string, double> Phases);
