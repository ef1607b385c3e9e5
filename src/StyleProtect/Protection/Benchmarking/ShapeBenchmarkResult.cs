namespace StyleProtect.Protection.Benchmarking;

/// <summary>What a model of a shape takes, with random weights.</summary>
/// <param name="Shape">The shape's name.</param>
/// <param name="Parameters">Its weights.</param>
/// <param name="Device">Device and arithmetic, in words.</param>
/// <param name="Threads">libtorch's threads.</param>
/// <param name="Ceilings">The machine's ceilings in the arithmetic of the fast form.</param>
/// <param name="Works">What was timed.</param>
/// <param name="Agreement">The fast gradient beside the fp32 one; null when the plain form was left out.</param>
internal sealed record ShapeBenchmarkResult(
    string Shape, long Parameters, string Device, int Threads, MachineCeilings Ceilings, IReadOnlyList<WorkTiming> Works, GradientAgreement? Agreement);

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
    string Work, string Form, double Seconds, double ProcessorSeconds, long? ProcessPeak, long? ExtraMemory, MemoryPlan? Plan, double Operations,
    double FractionOfCeiling, IReadOnlyDictionary<string, double> Phases);
