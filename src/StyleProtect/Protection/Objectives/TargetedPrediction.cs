using StyleProtect.Diffusion;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Protection.Objectives;

/// <summary>
/// ACE (arXiv 2310.04687; Mist v2): −‖ε̂ − z_T‖² as a mean over the elements, so that the noise which the U-Net predicts for the picture turns into one and the same pattern, the latents of a target.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="context">The prompt's embedding.</param>
/// <param name="target">Scaled latents of the target picture [1, C, h, w].</param>
internal sealed class TargetedPrediction(LatentDiffusionModel model, TextEmbedding context, Tensor target) : IObjective
{
    public bool IsMeanOverViews => true;

    public Tensor Evaluate(Tensor latents, StepDraws draws)
    {
        using var scope = NewDisposeScope();
        var noisy = model.Schedule.AddNoise(latents, draws.Noise, draws.Timesteps);
        var noise = model.Schedule.NoiseOf(model.Predict(noisy, draws.Timesteps, context), noisy, draws.Timesteps);
        return functional.mse_loss(noise, target.expand_as(noise)).neg().MoveToOuterDisposeScope();
    }
}
