using StyleProtect.Diffusion;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Protection.Objectives;

/// <summary>
/// The loss of latent diffusion training, E‖ε − ε_θ(√ᾱ·z + √(1−ᾱ)·ε, t, c)‖² as a mean over the elements (velocity instead of noise where the model predicts
/// it). StyleProtect, CAAT and AdvDM raise it.
/// </summary>
internal sealed class DenoisingLoss(LatentDiffusionModel model, TextEmbedding context) : IObjective
{
    public Tensor Evaluate(ObjectiveInput input) => Of(input.Latents, input.Sample);

    /// <summary>The loss of scaled latents [N, C, h, w].</summary>
    internal Tensor Of(Tensor latents, NoiseSample sample)
    {
        using var scope = NewDisposeScope();
        var noisy = model.Schedule.AddNoise(latents, sample.Noise, sample.Timesteps);
        var predicted = model.Predict(noisy, sample.Timesteps, context);
        return functional.mse_loss(predicted, model.Schedule.Target(latents, sample.Noise, sample.Timesteps)).MoveToOuterDisposeScope();
    }
}
