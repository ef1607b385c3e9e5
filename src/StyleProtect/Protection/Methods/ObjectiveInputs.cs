using StyleProtect.Diffusion;
using StyleProtect.Perception;
using StyleProtect.Protection.Objectives;
using static TorchSharp.torch;

namespace StyleProtect.Protection.Methods;

/// <summary>What a recipe makes its objective from.</summary>
/// <param name="Model">The model.</param>
/// <param name="Context">The embedding of the request's prompt.</param>
/// <param name="Target">Scaled latents of the target picture [1, C, h, w]; null where the request has none.</param>
internal sealed record ObjectiveInputs(LatentDiffusionModel Model, TextEmbedding Context, Tensor? Target)
{
    /// <summary>The loss of latent diffusion training.</summary>
    internal DenoisingLoss DenoisingLoss { get; } = new(Model, Context);

    /// <summary>The style encoder, where the method needs one.</summary>
    internal IStyleFeatures? Style { get; init; }
}
