using StyleProtect.Perception;
using StyleProtect.Protection.Objectives;
using static TorchSharp.torch;

namespace StyleProtect.Protection.Methods;

/// <summary>What a recipe makes its objective from.</summary>
/// <param name="DenoisingLoss">The loss of latent diffusion training with the request's prompt.</param>
/// <param name="Target">Scaled latents of the target picture [1, C, h, w]; null where the request has none.</param>
internal sealed record ObjectiveInputs(IObjective DenoisingLoss, Tensor? Target)
{
    /// <summary>The autoencoder's decoder: scaled latents to pictures.</summary>
    internal Func<Tensor, Tensor>? Decode { get; init; }

    /// <summary>The style encoder, where the method needs one.</summary>
    internal IStyleFeatures? Style { get; init; }
}
