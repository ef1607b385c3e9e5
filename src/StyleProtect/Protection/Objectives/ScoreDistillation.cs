using StyleProtect.Diffusion;
using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Protection.Objectives;

/// <summary>
/// Score distillation (Diff-Protect, arXiv 2311.12832): the latents' gradient is ε̂ − ε, the error of the predicted noise, without the way back through the U-Net. Its descent is what is raised: latents that the
/// model finds easy, so that a mimic has little to learn from them. A picture's is a sum over its latents; the batch's is averaged.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="context">The prompt's embedding.</param>
/// <param name="ascends">The other direction of the paper: latents that the model finds hard.</param>
internal sealed class ScoreDistillation(LatentDiffusionModel model, TextEmbedding context, bool ascends = false) : IObjective
{
    public bool IsMeanOverViews => true;

    public Tensor Evaluate(Tensor latents, StepDraws draws)
    {
        using var scope = NewDisposeScope();
        Tensor error;
        using (no_grad())
        {
            var noisy = model.Schedule.AddNoise(latents, draws.Noise, draws.Timesteps);
            error = model.Schedule.NoiseOf(model.Predict(noisy, draws.Timesteps, context), noisy, draws.Timesteps) - draws.Noise;
        }

        var product = (latents * error).sum().Div(latents.shape[0]);
        return (ascends ? product : product.neg()).MoveToOuterDisposeScope();
    }
}
