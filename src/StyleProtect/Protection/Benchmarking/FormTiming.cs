namespace StyleProtect.Protection.Benchmarking;

/// <summary>What one form of the protection step takes.</summary>
/// <param name="Form">What it is, in words.</param>
/// <param name="Median">Median of the rounds in seconds.</param>
/// <param name="Fastest">Fastest round in seconds.</param>
/// <param name="Slowest">Slowest round in seconds.</param>
/// <param name="ExtraMemory">Peak of the process's memory above what it held before the first step, in bytes (gradients and activations, not the model); null where the system does not count it (Linux does).</param>
internal sealed record FormTiming(string Form, double Median, double Fastest, double Slowest, long? ExtraMemory);
