using StyleProtect.Diffusion.Schedulers;

namespace StyleProtect.Diffusion.Checkpoints.SingleFile;

/// <summary>
/// The noise schedule of a single file. All models of these families have 1,000 steps of scaled_linear from 0.00085 to 0.012; what the U-Net predicts does not
/// show in its shapes and is taken from the first of these that says it: the <c>.json</c> and the <c>.yaml</c> beside the file, marker keys (<c>v_pred</c>,
/// <c>ztsnr</c>), <c>modelspec.prediction_type</c>, the file's name (Stable Diffusion 2.x), the family.
/// </summary>
internal static class ScheduleInference
{
    internal const string VelocityKey = "v_pred";
    internal const string ZeroTerminalKey = "ztsnr";

    /// <param name="isSecond">Whether it is a Stable Diffusion 2.x.</param>
    /// <param name="keys">The keys of the whole file.</param>
    /// <param name="hints">What is known beside the shapes.</param>
    /// <returns>The configuration, and what was assumed about it; null where nothing was.</returns>
    internal static (SchedulerConfig Config, string? Assumption) Infer(bool isSecond, KeySet keys, CheckpointHints hints)
    {
        var (prediction, assumption) = Prediction(isSecond, keys, hints);
        var zeroTerminal = keys.Has(ZeroTerminalKey);
        // The sampler is a choice and not a property of the weights.
        var config = new SchedulerConfig
        {
            ClassName = "DDIMScheduler",
            NumTrainTimesteps = (int?)hints.Number("timesteps") ?? 1000,
            BetaStart = hints.Number("linear_start") ?? 0.00085,
            BetaEnd = hints.Number("linear_end") ?? 0.012,
            BetaSchedule = BetaSchedule.ScaledLinear,
            PredictionType = prediction,
            ClipSample = false,
            SetAlphaToOne = false,
            StepsOffset = zeroTerminal ? 0 : 1,
            RescaleBetasZeroSnr = zeroTerminal,
            TimestepSpacing = zeroTerminal ? TimestepSpacing.Trailing : null,
        };
        return (hints.Override(SingleFileCheckpoint.Scheduler, config), hints.HasFieldsOf(SingleFileCheckpoint.Scheduler) ? null : assumption);
    }

    private static (PredictionType Prediction, string? Assumption) Prediction(bool isSecond, KeySet keys, CheckpointHints hints)
    {
        if (hints.Field("parameterization") is { } given)
            return (given switch
            {
                "v" => PredictionType.Velocity,
                "eps" => PredictionType.Epsilon,
                "x0" => PredictionType.Sample,
                _ => throw new CheckpointException(
                    $"{hints.YamlPath}: the field 'parameterization' is '{SafetensorsHeader.Shown(given)}'; eps, v or x0 is expected."),
            }, null);
        if (keys.Has(VelocityKey)) return (PredictionType.Velocity, null);
        if (hints.Metadata("modelspec.prediction_type") is { } specified)
        {
            if (specified.StartsWith("v", StringComparison.OrdinalIgnoreCase)) return (PredictionType.Velocity, null);
            if (specified.StartsWith("eps", StringComparison.OrdinalIgnoreCase)) return (PredictionType.Epsilon, null);
        }

        // The original repositories have v-parameterization in the .yaml alone; without it the .yaml says epsilon.
        if (!isSecond || hints.Field("target") is not null) return (PredictionType.Epsilon, null);
        var velocity = hints.Says("768") || !(hints.Says("512") || hints.Says("base"));
        return (
            velocity ? PredictionType.Velocity : PredictionType.Epsilon,
            "Stable Diffusion 2.x: it is assumed that the U-Net predicts " +
            $"{(velocity ? "the velocity (as the 768 px models)" : "the noise (as the 512 px models)")}, from the file's name. " +
            $"Put a {Path.GetFileName(hints.YamlPath)} with 'parameterization: v' (or eps) beside the file where it is otherwise.");
    }
}
