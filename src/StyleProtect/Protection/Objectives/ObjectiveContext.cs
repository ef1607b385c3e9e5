using StyleProtect.Diffusion;
using StyleProtect.Perception;
using static TorchSharp.torch;

namespace StyleProtect.Protection.Objectives;

/// <summary>What a method makes its objective from: the loaded model's parts, the prompt and the request's reference images.</summary>
public sealed class ObjectiveContext
{
    internal ObjectiveContext(LatentDiffusionModel model, TextEmbedding prompt)
    {
        (Model, Prompt) = (model, new PromptEmbedding(prompt));
        Autoencoders = [new Autoencoder(model)];
        Denoiser = new Denoiser(model, Prompt);
        DenoisingLoss = new DenoisingLoss(model, prompt);
    }

    /// <summary>The autoencoders that the request protects against, at least one.</summary>
    public IReadOnlyList<Autoencoder> Autoencoders { get; }

    /// <summary>The model's own autoencoder, whose latents the step's inputs hold.</summary>
    public Autoencoder Autoencoder => Autoencoders[0];

    /// <summary>The U-Net with its noise schedule.</summary>
    public Denoiser Denoiser { get; }

    /// <summary>The request's prompt.</summary>
    public PromptEmbedding Prompt { get; }

    /// <summary>Side of the views in pixels.</summary>
    public int Side { get; init; }

    /// <summary>
    /// The target picture [1, 3, S, S] in [−1, 1] at the views' size: the request's, or the pattern of black and white cells where the method needs one; null
    /// for none.
    /// </summary>
    public Tensor? Target { get; init; }

    /// <summary>The target's scaled latents [1, C, h, w], the mean of their distribution; null for no target.</summary>
    public Tensor? TargetLatents { get; init; }

    /// <summary>Pictures of another artist [1, 3, S, S] in [−1, 1] at the views' size (<see cref="ProtectionOptions.OtherArtist"/>); empty for none.</summary>
    public IReadOnlyList<Tensor> OtherArtist { get; init; } = [];

    /// <summary>
    /// The style encoder: pictures [N, 3, H, W] in [−1, 1] to unit vectors [N, D], differentiable. Null where the method does not need one
    /// (<see cref="MethodNeeds.StyleEncoder"/>).
    /// </summary>
    public Func<Tensor, Tensor>? StyleFeatures => Style is { } style ? style.Features : null;

    /// <summary>The loss of latent diffusion training, E‖ε − ε_θ(√ᾱ·z + √(1−ᾱ)·ε, t, c)‖², as an objective.</summary>
    public IObjective DenoisingLoss { get; }

    internal LatentDiffusionModel Model { get; }

    internal IStyleFeatures? Style { get; init; }
}
