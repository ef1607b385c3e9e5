using StyleProtect.Diffusion.Schedulers;
using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Attacks.Mimicry;

/// <summary>
/// The training loss of DreamBooth: squared error of the prediction, optionally weighted by min-SNR, plus the weighted error on class pictures.
/// </summary>
internal static class DreamBoothLoss
{
    /// <param name="schedule">The noise schedule; its prediction type decides the form of the weights.</param>
    /// <param name="predicted">The U-Net's prediction, N × C × h × w, fp32; with prior preservation the second half belongs to class pictures.</param>
    /// <param name="target">What it should be.</param>
    /// <param name="timesteps">int64 [N].</param>
    /// <param name="minSnrGamma">γ; null for none.</param>
    /// <param name="priorWeight">Weight of the second half; 0 when there is none.</param>
    internal static Tensor Of(NoiseSchedule schedule, Tensor predicted, Tensor target, Tensor timesteps, double? minSnrGamma, double priorWeight)
    {
        if (priorWeight == 0) return Weighted(schedule, predicted, target, timesteps, minSnrGamma);
        using var scope = NewDisposeScope();
        var half = predicted.shape[0] / 2;
        var instance = Weighted(schedule, predicted.narrow(0, 0, half), target.narrow(0, 0, half), timesteps.narrow(0, 0, half), minSnrGamma);
        var prior = (predicted.narrow(0, half, half) - target.narrow(0, half, half)).Square().mean();
        return instance.Add(prior.Mul(priorWeight)).MoveToOuterDisposeScope();
    }

    private static Tensor Weighted(NoiseSchedule schedule, Tensor predicted, Tensor target, Tensor timesteps, double? gamma)
    {
        using var scope = NewDisposeScope();
        var error = (predicted - target).Square();
        if (gamma is not { } limit) return error.mean().MoveToOuterDisposeScope();
        var snr = schedule.SignalToNoise(timesteps).to(error.device);
        var bounded = snr.Clamp(max: limit);
        var weight = schedule.Config.PredictionType switch
        {
            PredictionType.Velocity => bounded / snr.Add(1),
            PredictionType.Sample => bounded,
            _ => bounded / snr,
        };
        return (error.mean([1L, 2, 3]) * weight).mean().MoveToOuterDisposeScope();
    }
}
