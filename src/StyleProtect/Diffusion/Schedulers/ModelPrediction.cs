using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Schedulers;

/// <summary>Converts what a model predicts into the clean sample and the noise, for sample = α·clean + σ·noise with α² + σ² = 1.</summary>
internal static class ModelPrediction
{
    internal static Tensor Clean(PredictionType type, Tensor output, Tensor sample, double alpha, double sigma) => type switch
    {
        PredictionType.Epsilon => (sample - output.Mul(sigma)).Div(alpha),
        PredictionType.Velocity => sample.Mul(alpha) - output.Mul(sigma),
        PredictionType.Sample => output,
        _ => throw new InvalidOperationException($"Unknown prediction type {type}."),
    };

    internal static Tensor Noise(PredictionType type, Tensor output, Tensor sample, double alpha, double sigma) => type switch
    {
        PredictionType.Epsilon => output,
        PredictionType.Velocity => output.Mul(alpha).Add(sample.Mul(sigma)),
        PredictionType.Sample => (sample - output.Mul(alpha)).Div(sigma),
        _ => throw new InvalidOperationException($"Unknown prediction type {type}."),
    };

    /// <summary>The clean sample in the variance-exploding form, sample = clean + σ·noise, where the model saw sample / √(σ² + 1).</summary>
    internal static Tensor CleanExploding(PredictionType type, Tensor output, Tensor sample, double sigma) => type switch
    {
        PredictionType.Epsilon => sample - output.Mul(sigma),
        PredictionType.Velocity => output.Mul(-sigma / Math.Sqrt(sigma * sigma + 1)).Add(sample.Div(sigma * sigma + 1)),
        PredictionType.Sample => output,
        _ => throw new InvalidOperationException($"Unknown prediction type {type}."),
    };

    /// <summary>Dynamic thresholding, else clamping where it is asked for.</summary>
    internal static Tensor Bound(Tensor clean, SchedulerConfig config, bool clip)
    {
        if (config.Thresholding) return Threshold(clean, config);
        return clip ? clean.Clamp(-config.ClipSampleRange, config.ClipSampleRange) : clean;
    }

    /// <summary>Per sample: clamp to the given quantile of its magnitudes (within 1 to sample_max_value) and scale that to 1.</summary>
    internal static Tensor Threshold(Tensor clean, SchedulerConfig config)
    {
        var flat = clean.reshape(clean.shape[0], -1);
        var bound = quantile(flat.abs(), tensor(config.DynamicThresholdingRatio, dtype: flat.dtype, device: flat.device), dim: 1, keepdim: true)
            .Clamp(1, config.SampleMaxValue);
        return (maximum(minimum(flat, bound), -bound) / bound).reshape(clean.shape);
    }
}
