using StyleProtect.Diffusion;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Protection.Objectives;

/// <summary>
/// The loss of latent diffusion training, E‖ε − ε_θ(√ᾱ·z + √(1−ᾱ)·ε, t, c)‖² as a mean over the elements (velocity instead of noise where the model predicts it).
/// StyleProtect, CAAT and AdvDM raise it.
/// </summary>
internal sealed class DenoisingLoss(LatentDiffusionModel model, TextEmbedding context) : IObjective
{
    public bool IsMeanOverViews => true;

    public Tensor Evaluate(Tensor latents, StepDraws draws)
    {
        using var scope = NewDisposeScope();
        var noisy = model.Schedule.AddNoise(latents, draws.Noise, draws.Timesteps);
        var predicted = model.Predict(noisy, draws.Timesteps, context);
        return functional.mse_loss(predicted, model.Schedule.Target(latents, draws.Noise, draws.Timesteps)).MoveToOuterDisposeScope();
    }
}
