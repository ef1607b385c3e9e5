using StyleProtect.Kernels;
using StyleProtect.Perception;
using static TorchSharp.torch;

namespace StyleProtect.Protection.Objectives;

/// <summary>
/// −cos(S(D(z)), S(x)) − λ·mean(z²), averaged over the views: S is a style encoder, D the autoencoder's decoder, x what the view shows without the
/// perturbation. What a mimic can learn from a picture is what its autoencoder gives back of it, so that is where the style has to differ. The second part
/// draws the input.Latents to the middle of their distribution, as PhotoGuard does: measured together they take more of the style from a mimic than either
/// alone (docs/evidence.md).
/// </summary>
/// <param name="decode">Scaled input.Latents [N, C, h, w] to pictures [N, 3, H, W].</param>
/// <param name="style">The style encoder.</param>
/// <param name="centre">λ.</param>
internal sealed class StyleDistance(Func<Tensor, Tensor> decode, IStyleFeatures style, double centre = StyleDistance.Centre) : IObjective
{
    internal const double Centre = 0.3;

    public Tensor Evaluate(ObjectiveInput input)
    {
        using var scope = NewDisposeScope();
        Tensor original;
        using (no_grad()) original = style.Features(input.OriginalViews);
        var likeness = (style.Features(decode(input.Latents)) * original).sum(1).mean();
        return (likeness.neg() - input.Latents.Square().mean().Mul(centre)).MoveToOuterDisposeScope();
    }
}
