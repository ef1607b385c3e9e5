using StyleProtect.Diffusion;
using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Protection.Objectives;

/// <summary>
/// Score distillation (Diff-Protect, arXiv 2311.12832): the latents' gradient is ε̂ − ε, the error of the predicted noise, without the way back through the
/// U-Net. Its descent is what is raised: input.Latents that the model finds easy, so that a mimic has little to learn from them. A picture's is a sum over its
/// latents; the batch's is averaged.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="context">The prompt's embedding.</param>
/// <param name="ascends">The other direction of the paper: input.Latents that the model finds hard.</param>
internal sealed class ScoreDistillation(LatentDiffusionModel model, TextEmbedding context, bool ascends = false) : IObjective
{
    public Tensor Evaluate(ObjectiveInput input)
    {
        using var scope = NewDisposeScope();
        Tensor error;
        using (no_grad())
        {
            var noisy = model.Schedule.AddNoise(input.Latents, input.Noise, input.Timesteps);
            error = model.Schedule.NoiseOf(model.Predict(noisy, input.Timesteps, context), noisy, input.Timesteps) - input.Noise;
        }

        var product = (input.Latents * error).sum().Div(input.Latents.shape[0]);
        return (ascends ? product : product.neg()).MoveToOuterDisposeScope();
    }
}
