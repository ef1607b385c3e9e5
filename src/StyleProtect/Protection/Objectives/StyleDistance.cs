using StyleProtect.Perception;
using static TorchSharp.torch;

namespace StyleProtect.Protection.Objectives;

/// <summary>
/// −cos(S(D(z)), S(x)), averaged over the views: S is a style encoder, D the autoencoder's decoder, x what the view shows without the perturbation. What a mimic can learn from a picture is what its
/// autoencoder gives back of it, so that is where the style has to differ.
/// </summary>
/// <param name="decode">Scaled latents [N, C, h, w] to pictures [N, 3, H, W].</param>
/// <param name="style">The style encoder.</param>
internal sealed class StyleDistance(Func<Tensor, Tensor> decode, IStyleFeatures style) : IObjective
{
    public bool IsMeanOverViews => true;

    public Tensor Evaluate(Tensor latents, StepDraws draws)
    {
        using var scope = NewDisposeScope();
        Tensor original;
        using (no_grad()) original = style.Features(draws.Originals!);
        return (style.Features(decode(latents)) * original).sum(1).mean().neg().MoveToOuterDisposeScope();
    }
}
