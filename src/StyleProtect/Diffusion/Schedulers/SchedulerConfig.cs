using System.Text.Json.Serialization;
using StyleProtect.Diffusion.Checkpoints;

namespace StyleProtect.Diffusion.Schedulers;

/// <summary>
/// The fields of diffusers' <c>scheduler_config.json</c> that the schedulers here use. A field that is null (or missing in the file)
/// takes the scheduler's own default, as in diffusers; fields of other schedulers are ignored.
/// </summary>
internal sealed record SchedulerConfig
{
    /// <summary>diffusers' class, as in <c>DDIMScheduler</c>.</summary>
    [JsonPropertyName("_class_name")]
    public string? ClassName { get; init; }

    public int NumTrainTimesteps { get; init; } = 1000;

    public double BetaStart { get; init; } = 0.0001;

    public double BetaEnd { get; init; } = 0.02;

    public BetaSchedule BetaSchedule { get; init; } = BetaSchedule.Linear;

    /// <summary>The betas themselves, instead of a schedule.</summary>
    public IReadOnlyList<float>? TrainedBetas { get; init; }

    public PredictionType PredictionType { get; init; } = PredictionType.Epsilon;

    /// <summary>Null: leading for DDPM, DDIM and PNDM, linspace for DPM-Solver and Euler.</summary>
    public TimestepSpacing? TimestepSpacing { get; init; }

    public int StepsOffset { get; init; }

    /// <summary>Whether the last step ends at ᾱ = 1 instead of ᾱ[0]. Null: true for DDIM, false for PNDM.</summary>
    public bool? SetAlphaToOne { get; init; }

    /// <summary>Whether the predicted clean sample is clamped. Null: true for DDPM and DDIM, false for LCM and Heun.</summary>
    public bool? ClipSample { get; init; }

    public double ClipSampleRange { get; init; } = 1;

    /// <summary>Dynamic thresholding (Imagen) of the predicted clean sample, instead of clamping.</summary>
    public bool Thresholding { get; init; }

    public double DynamicThresholdingRatio { get; init; } = 0.995;

    public double SampleMaxValue { get; init; } = 1;

    /// <summary>Variance of the DDPM step: fixed_small (the default), fixed_small_log or fixed_large.</summary>
    public string? VarianceType { get; init; }

    public bool RescaleBetasZeroSnr { get; init; }

    public bool UseKarrasSigmas { get; init; }

    /// <summary>PNDM: whether the Runge-Kutta steps at the start are left out.</summary>
    public bool SkipPrkSteps { get; init; }

    public int SolverOrder { get; init; } = 2;

    /// <summary>DPM-Solver: dpmsolver++ (the default), dpmsolver or sde-dpmsolver++. Text, because other schedulers have other values.</summary>
    public string? AlgorithmType { get; init; }

    /// <summary>DPM-Solver: midpoint (the default) or heun. Text, because other schedulers have other values.</summary>
    public string? SolverType { get; init; }

    /// <summary>Whether the last steps use lower orders when there are fewer than 15.</summary>
    public bool LowerOrderFinal { get; init; } = true;

    public bool EulerAtFinal { get; init; }

    public FinalSigma FinalSigmasType { get; init; } = FinalSigma.Zero;

    /// <summary>UniPC: whether the solver works on the predicted clean sample (the default) or on the predicted noise.</summary>
    public bool? PredictX0 { get; init; }

    /// <summary>UniPC: steps whose correction is left out.</summary>
    public IReadOnlyList<int>? DisableCorrector { get; init; }

    /// <summary>LCM and TCD: how many steps the distilled teacher took.</summary>
    public int OriginalInferenceSteps { get; init; } = 50;

    /// <summary>LCM: factor of the timesteps in the boundary condition.</summary>
    public double TimestepScaling { get; init; } = 10;

    /// <summary>CogVideoX: shifts the table of betas; read so that it can be refused instead of ignored.</summary>
    public double? SnrShiftScale { get; init; }

    /// <summary>DPM-Solver: leaves out the training timesteps whose log signal-to-noise ratio is below it.</summary>
    public double LambdaMinClipped { get; init; } = double.NegativeInfinity;

    /// <summary>Flow matching: how strongly the timesteps are shifted towards noise.</summary>
    public double Shift { get; init; } = 1;

    /// <summary>Not supported, read so that it can be refused instead of ignored.</summary>
    public bool UseExponentialSigmas { get; init; }

    /// <summary>Not supported, read so that it can be refused instead of ignored.</summary>
    public bool UseBetaSigmas { get; init; }

    /// <summary>Not supported, read so that it can be refused instead of ignored.</summary>
    public bool UseLuLambdas { get; init; }

    /// <summary>Not supported, read so that it can be refused instead of ignored.</summary>
    public bool UseFlowSigmas { get; init; }

    /// <summary>Not supported, read so that it can be refused instead of ignored.</summary>
    public bool UseDynamicShifting { get; init; }

    /// <summary>Euler: only "linear" is supported.</summary>
    public string? InterpolationType { get; init; }

    /// <summary>Euler: only "discrete" is supported.</summary>
    public string? TimestepType { get; init; }

    /// <summary>Checks what the tables of the noise schedule are made from.</summary>
    /// <exception cref="CheckpointException">A field is out of range; the message names it.</exception>
    internal void ValidateTables()
    {
        if (NumTrainTimesteps is < 1 or > 1_000_000) throw Bad("num_train_timesteps", NumTrainTimesteps, "1 to 1,000,000");
        if (TrainedBetas is { } betas && betas.Count != NumTrainTimesteps)
            throw Bad("trained_betas", $"{betas.Count} values", $"num_train_timesteps = {NumTrainTimesteps} values");
        if (!(BetaStart is > 0 and < 1)) throw Bad("beta_start", BetaStart, "above 0 and below 1");
        if (!(BetaEnd is > 0 and < 1)) throw Bad("beta_end", BetaEnd, "above 0 and below 1");
    }

    /// <summary>Checks what sampling needs, and refuses options that would silently be sampled differently.</summary>
    /// <exception cref="CheckpointException">A field is out of range or asks for something that is not supported; the message names it.</exception>
    internal void ValidateSampling()
    {
        if (SolverOrder is < 1 or > 3) throw Bad("solver_order", SolverOrder, "1, 2 or 3");
        if (StepsOffset < 0 || StepsOffset >= NumTrainTimesteps) throw Bad("steps_offset", StepsOffset, $"0 to {NumTrainTimesteps - 1}");
        if (!(ClipSampleRange > 0)) throw Bad("clip_sample_range", ClipSampleRange, "above 0");
        if (!(DynamicThresholdingRatio is > 0 and <= 1)) throw Bad("dynamic_thresholding_ratio", DynamicThresholdingRatio, "above 0, at most 1");
        if (!(SampleMaxValue >= 1)) throw Bad("sample_max_value", SampleMaxValue, "at least 1");
        if (OriginalInferenceSteps < 1 || OriginalInferenceSteps > NumTrainTimesteps)
            throw Bad("original_inference_steps", OriginalInferenceSteps, $"1 to {NumTrainTimesteps}");
        if (!double.IsFinite(TimestepScaling)) throw Bad("timestep_scaling", TimestepScaling, "a finite number");
        if (!(Shift > 0)) throw Bad("shift", Shift, "above 0");
        if (UseExponentialSigmas) throw Unsupported("use_exponential_sigmas");
        if (UseBetaSigmas) throw Unsupported("use_beta_sigmas");
        if (UseLuLambdas) throw Unsupported("use_lu_lambdas");
        if (UseFlowSigmas) throw Unsupported("use_flow_sigmas");
        if (UseDynamicShifting) throw Unsupported("use_dynamic_shifting");
        if (InterpolationType is not (null or "linear")) throw Bad("interpolation_type", InterpolationType, "linear");
        if (TimestepType is not (null or "discrete")) throw Bad("timestep_type", TimestepType, "discrete");
    }

    internal static CheckpointException Bad(string field, object value, string allowed) =>
        new($"The scheduler's '{field}' is {FormattableString.Invariant($"{value}")}; it must be {allowed}.");

    private static CheckpointException Unsupported(string field) => new($"The scheduler's option '{field}' is not supported.");
}

/// <summary>How the noise of the forward process grows over the training timesteps.</summary>
internal enum BetaSchedule
{
    [JsonStringEnumMemberName("linear")] Linear,

    /// <summary>Linear in the square root of beta: Stable Diffusion's schedule.</summary>
    [JsonStringEnumMemberName("scaled_linear")] ScaledLinear,

    /// <summary>The cosine schedule, with beta capped at 0.999.</summary>
    [JsonStringEnumMemberName("squaredcos_cap_v2")] SquaredCosine,
}

/// <summary>What the U-Net predicts.</summary>
internal enum PredictionType
{
    /// <summary>The noise.</summary>
    [JsonStringEnumMemberName("epsilon")] Epsilon,

    /// <summary>The velocity: √ᾱ·noise − √(1−ᾱ)·sample.</summary>
    [JsonStringEnumMemberName("v_prediction")] Velocity,

    /// <summary>The clean sample.</summary>
    [JsonStringEnumMemberName("sample")] Sample,
}

/// <summary>How the sampling timesteps are spread over the training timesteps (Lin et al. 2023, table 2).</summary>
internal enum TimestepSpacing
{
    [JsonStringEnumMemberName("leading")] Leading,
    [JsonStringEnumMemberName("linspace")] Linspace,
    [JsonStringEnumMemberName("trailing")] Trailing,
}

/// <summary>The noise level after the last step.</summary>
internal enum FinalSigma
{
    [JsonStringEnumMemberName("zero")] Zero,

    /// <summary>The level of training timestep 0.</summary>
    [JsonStringEnumMemberName("sigma_min")] SigmaMin,
}
