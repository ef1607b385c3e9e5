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

    /// <summary>Checks that a model was trained on the discrete forward process.</summary>
    /// <param name="config">The scheduler's settings.</param>
    /// <param name="indexClass">The class that the model's index names; null where there is none.</param>
    /// <param name="source">The settings' file, for messages.</param>
    /// <exception cref="CheckpointException">It was not, or it cannot be known; the message names the class or the setting.</exception>
    internal static void RequireDiscrete(SchedulerConfig config, string? indexClass, string source)
    {
        ArgumentNullException.ThrowIfNull(config);
        if ((config.ClassName ?? indexClass) is null)
            throw new CheckpointException($"{source}: the field '_class_name' is missing; it names the scheduler that the model was made for.");
        foreach (var name in new[] { config.ClassName, indexClass }) Require(name, source);
        if (config.UseFlowSigmas) throw Refused(source, "'use_flow_sigmas' is set", Straight);
        if (config.TimestepType is not (null or "discrete")) throw Refused(source, $"'timestep_type' is '{Shown(config.TimestepType)}'", Karras);
        if (config.SnrShiftScale is not (null or 1)) throw Refused(source, "'snr_shift_scale' is set", Shifted);
    }

    private static void Require(string? name, string source)
    {
        if (name is null || s_discrete.Contains(name)) return;
        throw s_others.TryGetValue(name, out var reason)
            ? Refused(source, $"the model was made for the {name}", reason)
            : new CheckpointException(
                $"{source}: the scheduler '{Shown(name)}' is not known, so the forward process of the model is not either. Known are " +
                $"{string.Join(", ", s_discrete.Order(StringComparer.Ordinal))}.");
    }

    private static CheckpointException Refused(string source, string what, string reason) => new(
        $"{source}: {what}: {reason}. Protections need a model with the discrete forward process of DDPM (Stable Diffusion 1.x, 2.x, XL). Methods that use " +
        "the autoencoder alone work with this model's autoencoder: name its folder 'vae'.");

    private static string Shown(string text) => SafetensorsHeader.Shown(text);
}
