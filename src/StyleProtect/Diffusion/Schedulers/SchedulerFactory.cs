using StyleProtect.Diffusion.Checkpoints;

namespace StyleProtect.Diffusion.Schedulers;

/// <summary>Makes the scheduler that a class name of diffusers stands for.</summary>
internal static class SchedulerFactory
{
    private static readonly Dictionary<string, Func<SchedulerConfig, IScheduler>> s_makers = new(StringComparer.Ordinal)
    {
        ["DDPMScheduler"] = c => new DdpmScheduler(c),
        ["DDIMScheduler"] = c => new DdimScheduler(c),
        ["PNDMScheduler"] = c => new PndmScheduler(c),
        ["DPMSolverMultistepScheduler"] = c => new DpmSolverMultistepScheduler(c),
        ["EulerDiscreteScheduler"] = c => new EulerDiscreteScheduler(c),
        ["EulerAncestralDiscreteScheduler"] = c => new EulerAncestralDiscreteScheduler(c),
        ["HeunDiscreteScheduler"] = c => new HeunDiscreteScheduler(c),
        ["KDPM2DiscreteScheduler"] = c => new Kdpm2DiscreteScheduler(c),
        ["LMSDiscreteScheduler"] = c => new LmsDiscreteScheduler(c),
        ["DPMSolverSinglestepScheduler"] = c => new DpmSolverSinglestepScheduler(c),
        ["DEISMultistepScheduler"] = c => new DeisMultistepScheduler(c),
        ["UniPCMultistepScheduler"] = c => new UniPcMultistepScheduler(c),
        ["LCMScheduler"] = c => new LcmScheduler(c),
        ["TCDScheduler"] = c => new TcdScheduler(c),
        ["FlowMatchEulerDiscreteScheduler"] = c => new FlowMatchEulerDiscreteScheduler(c),
    };

    /// <summary>The class names that can be made.</summary>
    internal static IReadOnlyCollection<string> ClassNames => s_makers.Keys;

    /// <summary>Makes a scheduler.</summary>
    /// <param name="className">diffusers' class name; null: the one that the configuration names.</param>
    /// <param name="config">The settings.</param>
    /// <exception cref="CheckpointException">There is no such scheduler, or a setting is out of range.</exception>
    internal static IScheduler Create(string? className, SchedulerConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        var name = className ?? config.ClassName ?? throw new CheckpointException("The scheduler's configuration has no '_class_name'.");
        return s_makers.TryGetValue(name, out var make)
            ? make(config)
            : throw new CheckpointException($"The scheduler '{name}' is not supported. Supported: {string.Join(", ", s_makers.Keys)}.");
    }
}
