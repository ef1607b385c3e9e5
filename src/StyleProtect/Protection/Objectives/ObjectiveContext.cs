using StyleProtect.Diffusion;
using StyleProtect.Perception;
using static TorchSharp.torch;

namespace StyleProtect.Protection.Objectives;

/// <summary>What a method makes its objective from: the loaded model's parts, the prompt and the request's reference images.</summary>
public sealed class ObjectiveContext
{
    private readonly Denoiser? _denoiser;
    private readonly PromptEmbedding? _prompt;
    private readonly DenoisingLoss? _denoisingLoss;

    /// <param name="model">The loaded model.</param>
    /// <param name="prompt">The request's prompt; null where there is no U-Net.</param>
    /// <param name="member">Which of the model's autoencoders the objective is for.</param>
    internal ObjectiveContext(LatentDiffusionModel model, TextEmbedding? prompt, int member = 0)
    {
        Model = model;
        Autoencoders = [.. model.Autoencoders.Select(a => new Autoencoder(a))];
        Autoencoder = Autoencoders[member];
        if (prompt is null) return;
        _prompt = new PromptEmbedding(prompt);
        _denoiser = new Denoiser(model, _prompt);
        _denoisingLoss = new DenoisingLoss(model, prompt);
    }

    /// <summary>The autoencoders that the request protects against, at least one.</summary>
    public IReadOnlyList<Autoencoder> Autoencoders { get; }

    /// <summary>
    /// The autoencoder whose latents the step's inputs hold: the model's own. In an ensemble every member has an objective of its own, made from a context of
    /// its own.
    /// </summary>
    public Autoencoder Autoencoder { get; }

    /// <summary>The U-Net with its noise schedule.</summary>
    /// <exception cref="InvalidOperationException">The method does not name <see cref="MethodNeeds.UNet"/>, and the model has none.</exception>
    public Denoiser Denoiser => _denoiser ?? throw WithoutUNet();

    /// <summary>The request's prompt.</summary>
    /// <exception cref="InvalidOperationException">The method does not name <see cref="MethodNeeds.UNet"/>, and the model has none.</exception>
    public PromptEmbedding Prompt => _prompt ?? throw WithoutUNet();

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
    /// <exception cref="InvalidOperationException">The method does not name <see cref="MethodNeeds.UNet"/>, and the model has none.</exception>
    public IObjective DenoisingLoss => _denoisingLoss ?? throw WithoutUNet();

    internal LatentDiffusionModel Model { get; }

    internal IStyleFeatures? Style { get; init; }

    private static InvalidOperationException WithoutUNet() =>
        new($"This model has no U-Net; a method that asks one says so with {nameof(MethodNeeds)}.{nameof(MethodNeeds.UNet)}.");
}
