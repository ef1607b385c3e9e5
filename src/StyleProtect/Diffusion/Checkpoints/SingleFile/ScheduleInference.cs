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
    /// <param name="notes">What was assumed.</param>
    internal static SchedulerConfig Infer(bool isSecond, KeySet keys, CheckpointHints hints, List<string> notes)
    {
        var zeroTerminal = keys.Has(ZeroTerminalKey);
        // The sampler is a choice and not a property of the weights.
        var config = new SchedulerConfig
        {
            ClassName = "DDIMScheduler",
            NumTrainTimesteps = (int?)hints.Number("timesteps") ?? 1000,
            BetaStart = hints.Number("linear_start") ?? 0.00085,
            BetaEnd = hints.Number("linear_end") ?? 0.012,
            BetaSchedule = BetaSchedule.ScaledLinear,
            PredictionType = Prediction(isSecond, keys, hints, notes),
            ClipSample = false,
            SetAlphaToOne = false,
            StepsOffset = zeroTerminal ? 0 : 1,
            RescaleBetasZeroSnr = zeroTerminal,
            TimestepSpacing = zeroTerminal ? TimestepSpacing.Trailing : null,
        };
        return hints.Override("scheduler", config);
    }

    private static PredictionType Prediction(bool isSecond, KeySet keys, CheckpointHints hints, List<string> notes)
    {
        if (hints.Field("parameterization") is { } given)
            return given switch
            {
                "v" => PredictionType.Velocity,
                "eps" => PredictionType.Epsilon,
                "x0" => PredictionType.Sample,
                _ => throw new CheckpointException(
                    $"{hints.YamlPath}: the field 'parameterization' is '{SafetensorsHeader.Shown(given)}'; eps, v or x0 is expected."),
            };
        if (keys.Has(VelocityKey)) return PredictionType.Velocity;
        if (hints.Metadata("modelspec.prediction_type") is { } specified)
        {
            if (specified.StartsWith("v", StringComparison.OrdinalIgnoreCase)) return PredictionType.Velocity;
            if (specified.StartsWith("eps", StringComparison.OrdinalIgnoreCase)) return PredictionType.Epsilon;
        }

        // The original repositories have v-parameterization in the .yaml alone; without it the .yaml says epsilon.
        if (File.Exists(hints.YamlPath) && hints.Field("target") is not null) return PredictionType.Epsilon;
        if (!isSecond) return PredictionType.Epsilon;
        var velocity = hints.Says("768") || !(hints.Says("512") || hints.Says("base"));
        if (!hints.HasFieldsOf("scheduler"))
            notes.Add(
                "Stable Diffusion 2.x: it is assumed that the U-Net predicts " +
                $"{(velocity ? "the velocity (as the 768 px models)" : "the noise (as the 512 px models)")}, from the file's name. " +
                $"Put a {Path.GetFileName(hints.YamlPath)} with 'parameterization: v' (or eps) beside the file where it is otherwise.");
        return velocity ? PredictionType.Velocity : PredictionType.Epsilon;
    }
}
