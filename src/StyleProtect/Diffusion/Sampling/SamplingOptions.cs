namespace StyleProtect.Diffusion.Sampling;

/// <summary>How pictures are sampled from a text.</summary>
internal sealed record SamplingOptions
{
    /// <summary>diffusers' class name of the scheduler; null: the one that the model names.</summary>
    internal string? Scheduler { get; init; }

    /// <summary>Sampling steps.</summary>
    internal int Steps { get; init; } = 50;

    /// <summary>Scale of classifier-free guidance; 1 or less leaves the unconditional half out.</summary>
    internal double Guidance { get; init; } = 7.5;

    /// <summary>The text that guidance leads away from.</summary>
    internal string NegativePrompt { get; init; } = "";

    /// <summary>Seed of the first picture's noise; the next picture has the next seed, whatever the batch.</summary>
    internal ulong Seed { get; init; }

    /// <summary>Pictures computed together.</summary>
    internal int Batch { get; init; } = 8;

    /// <summary>Called after each of the U-Net's passes with its timestep, while what the layers did can be read from a probe; or null.</summary>
    /// <remarks>The last half of a guided pass belongs to the prompts, the first to <see cref="NegativePrompt"/>.</remarks>
    internal Action<double>? Passed { get; init; }
}
