using StyleProtect.Diffusion;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Protection.Objectives;

/// <summary>
/// ACE (arXiv 2310.04687; Mist v2): −‖ε̂ − z_T‖² as a mean over the elements, so that the noise which the U-Net predicts for the picture turns into one and the
/// same pattern, the input.Latents of a target.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="context">The prompt's embedding.</param>
/// <param name="target">Scaled input.Latents of the target picture [1, C, h, w].</param>
internal sealed class TargetedPrediction(LatentDiffusionModel model, TextEmbedding context, Tensor target) : IObjective
{
    public Tensor Evaluate(ObjectiveInput input)
    {
        using var scope = NewDisposeScope();
        var noisy = model.Schedule.AddNoise(input.Latents, input.Noise, input.Timesteps);
        var noise = model.Schedule.NoiseOf(model.Predict(noisy, input.Timesteps, context), noisy, input.Timesteps);
        return functional.mse_loss(noise, target.expand_as(noise)).neg().MoveToOuterDisposeScope();
    }
}
