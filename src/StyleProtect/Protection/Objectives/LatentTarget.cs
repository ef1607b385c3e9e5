using static TorchSharp.torch;

namespace StyleProtect.Protection.Objectives;

/// <summary>
/// Encoder attack (PhotoGuard, arXiv 2302.06588): −‖z − z_T‖₂, so that what is raised draws the input.Latents to those of a target; no target stands for all
/// zeros. The U-Net takes no part.
/// </summary>
/// <param name="target">Scaled input.Latents [1, C, h, w]; null for zeros.</param>
internal sealed class LatentTarget(Tensor? target) : IObjective
{
    // The norm is taken over all views.
    public bool IsMeanOverViews => false;

    public Tensor Evaluate(ObjectiveInput input)
    {
        using var scope = NewDisposeScope();
        var away = target is null ? input.Latents : input.Latents - target;
        return away.norm().neg().MoveToOuterDisposeScope();
    }
}
