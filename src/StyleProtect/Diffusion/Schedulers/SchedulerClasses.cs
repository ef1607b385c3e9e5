using System.Collections.Frozen;
using StyleProtect.Diffusion.Checkpoints;

namespace StyleProtect.Diffusion.Schedulers;

/// <summary>
/// What is known about every scheduler class of diffusers: whether a model that names it was trained on the discrete forward process
/// (√ᾱ·latents + √(1−ᾱ)·noise with a table of betas), which is what a protection computes its loss with.
/// </summary>
internal static class SchedulerClasses
{
    private const string Karras = "its noise levels are continuous and the model sees scaled latents (Karras et al. 2022)";
    private const string Straight = "the latents move to the noise on straight lines (flow matching)";
    private const string Consistency = "it belongs to consistency models, which have no such forward process";
    private const string Continuous = "its timesteps are continuous";
    private const string Tokens = "it is for models of discrete tokens";
    private const string Shifted = "it shifts the signal-to-noise ratio of the table of betas";

    private static readonly FrozenSet<string> s_discrete = new[]
    {
        "DDPMScheduler", "DDPMParallelScheduler", "DDIMScheduler", "DDIMParallelScheduler", "DDIMInverseScheduler", "PNDMScheduler", "LMSDiscreteScheduler",
        "EulerDiscreteScheduler", "EulerAncestralDiscreteScheduler", "HeunDiscreteScheduler", "KDPM2DiscreteScheduler", "KDPM2AncestralDiscreteScheduler",
        "DPMSolverMultistepScheduler", "DPMSolverMultistepInverseScheduler", "DPMSolverSinglestepScheduler", "DPMSolverSDEScheduler", "DEISMultistepScheduler",
        "UniPCMultistepScheduler", "SASolverScheduler", "LCMScheduler", "TCDScheduler", "RePaintScheduler",
    }.ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, string> s_others = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["EDMEulerScheduler"] = Karras,
        ["EDMDPMSolverMultistepScheduler"] = Karras,
        ["CosineDPMSolverMultistepScheduler"] = Karras,
        ["KarrasVeScheduler"] = Karras,
        ["ScoreSdeVeScheduler"] = Continuous,
        ["ScoreSdeVpScheduler"] = Continuous,
        ["DDPMWuerstchenScheduler"] = Continuous,
        ["IPNDMScheduler"] = Continuous,
        ["SCMScheduler"] = Continuous,
        ["FlowMatchEulerDiscreteScheduler"] = Straight,
        ["FlowMatchHeunDiscreteScheduler"] = Straight,
        ["FlowMatchLCMScheduler"] = Straight,
        ["CMStochasticIterativeScheduler"] = Consistency,
        ["ConsistencyDecoderScheduler"] = Consistency,
        ["VQDiffusionScheduler"] = Tokens,
        ["AmusedScheduler"] = Tokens,
        ["UnCLIPScheduler"] = "it is for unCLIP models, which are not conditioned on text tokens",
        ["CogVideoXDDIMScheduler"] = Shifted,
        ["CogVideoXDPMScheduler"] = Shifted,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The classes that a model with a discrete forward process can be sampled with here.</summary>
    internal static IReadOnlyList<string> Samplers { get; } = [.. SchedulerFactory.ClassNames.Where(s_discrete.Contains)];

    /// <summary>The classes whose forward process is the discrete one; not all of them can sample here.</summary>
    internal static IReadOnlyCollection<string> Discrete => s_discrete;

    /// <summary>The classes that are known to have another forward process.</summary>
    internal static IReadOnlyCollection<string> Others => s_others.Keys;

    /// <summary>Why a protection cannot compute the forward process that a model was trained on; null where it can.</summary>
    /// <param name="config">The scheduler's settings.</param>
    /// <param name="indexClass">The class that the model's index names; null where there is none.</param>
    internal static string? Problem(SchedulerConfig config, string? indexClass)
    {
        ArgumentNullException.ThrowIfNull(config);
        if ((config.ClassName ?? indexClass) is null) return "its scheduler's configuration has no '_class_name', so its forward process is not known";
        foreach (var name in new[] { config.ClassName, indexClass })
            if (OfClass(name) is { } problem) return problem;
        if (config.UseFlowSigmas) return Because("its scheduler has 'use_flow_sigmas' set", Straight);
        if (config.TimestepType is not (null or "discrete")) return Because($"its scheduler's 'timestep_type' is '{Shown(config.TimestepType)}'", Karras);
        return config.SnrShiftScale is null or 1 ? null : Because("its scheduler has 'snr_shift_scale' set", Shifted);
    }

    private static string? OfClass(string? name)
    {
        if (name is null || s_discrete.Contains(name)) return null;
        return s_others.TryGetValue(name, out var reason)
            ? Because($"it was made for the {name}", reason)
            : $"its scheduler '{Shown(name)}' is not known, so its forward process is not either (known are " +
                $"{string.Join(", ", s_discrete.Order(StringComparer.Ordinal))})";
    }

    private static string Because(string what, string reason) =>
        $"{what}: {reason}; the discrete forward process of DDPM is needed (Stable Diffusion 1.x, 2.x, XL)";

    private static string Shown(string text) => SafetensorsHeader.Shown(text);
}
