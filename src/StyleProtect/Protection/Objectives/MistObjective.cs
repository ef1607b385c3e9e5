using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Protection.Objectives;

/// <summary>
/// Mist (arXiv 2305.12683), fused mode: rate · denoising loss − Σ‖z − z_T‖², both for the same latents. The sum runs over a picture's input.Latents and is
/// averaged over the batch.
/// </summary>
/// <param name="target">Scaled input.Latents of the target picture [1, C, h, w].</param>
/// <param name="denoising">The loss that is raised beside it.</param>
/// <param name="rate">Weight of the loss; the official default is 10⁴.</param>
internal sealed class MistObjective(Tensor target, IObjective denoising, double rate) : IObjective
{
    public bool IsMeanOverViews => denoising.IsMeanOverViews;

    public Tensor Evaluate(ObjectiveInput input)
    {
        using var scope = NewDisposeScope();
        var distance = (input.Latents - target).Square().sum().Div(input.Latents.shape[0]);
        var objective = rate == 0 ? distance.neg() : denoising.Evaluate(input).Mul(rate) - distance;
        return objective.MoveToOuterDisposeScope();
    }
}
