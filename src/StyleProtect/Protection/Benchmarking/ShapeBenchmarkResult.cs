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
