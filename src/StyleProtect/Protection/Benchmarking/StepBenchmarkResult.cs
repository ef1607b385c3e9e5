using StyleProtect.Runtime;

namespace StyleProtect.Protection.Benchmarking;

/// <summary>What a protection step takes on this machine, beside the plain form of the same algorithm and the machine's ceilings.</summary>
internal sealed record StepBenchmarkResult
{
    /// <summary>The model.</summary>
    public required ModelIdentity Model { get; init; }

    /// <summary>Device, arithmetic and kernels, and why.</summary>
    public required string Device { get; init; }

    /// <summary>libtorch's threads.</summary>
    public required int Threads { get; init; }

    /// <summary>Views in a step's batch.</summary>
    public required int Views { get; init; }

    /// <summary>Side of a view in pixels.</summary>
    public required int ViewSize { get; init; }

    /// <summary>The machine's ceilings in the arithmetic of the fast form.</summary>
    public required MachineCeilings Ceilings { get; init; }

    /// <summary>How well the fast form's gradient agrees with the fp32 one, for the same views, noise and timesteps.</summary>
    public required GradientAgreement Agreement { get; init; }

    /// <summary>The step as this library takes it.</summary>
    public required FormTiming Fast { get; init; }

    /// <summary>The step as the official script takes it: fp32, channels first, one backward pass, all weights requiring gradients.</summary>
    public required FormTiming Plain { get; init; }

    /// <summary>Mean seconds of the fast step's phases.</summary>
    public required IReadOnlyDictionary<string, double> StepSeconds { get; init; }

    /// <summary>
    /// 10⁹ floating-point operations of the fast step: the forward passes twice (values, and gradients of the pictures), by the shapes of convolutions and
    /// products.
    /// </summary>
    public required double Operations { get; init; }

    /// <summary>Share of the step's time that its convolutions and products would take at the machine's ceilings.</summary>
    public required double FractionOfCeiling { get; init; }

    /// <summary>How many times as long the plain step takes, by the medians.</summary>
    public double Ratio => Plain.Median / Fast.Median;
}

/// <summary>What one form of the protection step takes.</summary>
/// <param name="Form">What it is, in words.</param>
/// <param name="Median">Median of the rounds in seconds.</param>
/// <param name="Fastest">Fastest round in seconds.</param>
/// <param name="Slowest">Slowest round in seconds.</param>
/// <param name="ExtraMemory">Peak of the process's memory above what it held before the first step, in bytes (gradients and activations, not the model); null
/// where the system does not count it (Linux does).</param>
internal sealed record FormTiming(string Form, double Median, double Fastest, double Slowest, long? ExtraMemory);
