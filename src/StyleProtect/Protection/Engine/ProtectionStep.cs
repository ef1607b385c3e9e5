using System.Diagnostics;
using StyleProtect.Diffusion;
using StyleProtect.Kernels;
using StyleProtect.Protection.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace StyleProtect.Protection.Engine;

/// <summary>
/// Loss and gradient of a batch of views, in two stages: the objective on detached latents gives the latents' gradient (and the surrogate's), then the
/// autoencoder's vector-Jacobian product gives the views' gradient. The same gradient as one backward pass through both.
/// </summary>
internal sealed class ProtectionStep(LatentDiffusionModel model, IObjective objective)
{
    /// <summary>
    /// Encodes a second time for the second stage, so that the graphs of autoencoder and U-Net are never alive together.
    /// Half the memory for one more encoding.
    /// </summary>
    internal bool Recompute { get; init; }

    /// <summary>Seconds by phase, summed over the steps.</summary>
    internal Dictionary<string, double> Seconds { get; } = new(StringComparer.Ordinal) { ["encode"] = 0, ["unet"] = 0, ["backward"] = 0 };

    /// <param name="views">[N, 3, h, w] in [−1, 1], fp32; needs no gradient of its own.</param>
    /// <returns>The loss, and its gradient with respect to the views.</returns>
    internal (double Loss, Tensor Gradient) Run(Tensor views, StepDraws draws)
    {
        using var scope = NewDisposeScope();
        var leaf = views.detach().requires_grad_(true);
        var latents = Timed("encode", () =>
        {
            if (!Recompute) return model.Encode(leaf, draws.Posterior);
            using var frozen = no_grad();
            return model.Encode(views, draws.Posterior);
        });
        var detached = latents.detach().requires_grad_(true);
        var loss = Timed("unet", () => objective.Evaluate(detached, draws));
        var value = loss.item<float>();
        Timed("backward", () =>
        {
            loss.backward();
            BackwardFaults.ThrowIfAny();
            var encoded = Recompute ? model.Encode(leaf, draws.Posterior) : latents;
            // Σ latents·g has the gradient g: backward() with a vector is not guarded against native exceptions.
            (encoded * detached.grad!).sum().backward();
            BackwardFaults.ThrowIfAny();
            return loss;
        });
        return (value, leaf.grad!.MoveToOuterDisposeScope());
    }

    private Tensor Timed(string phase, Func<Tensor> work)
    {
        var start = Stopwatch.GetTimestamp();
        var result = work();
        if (model.Device.type == DeviceType.CUDA) cuda.synchronize();
        Seconds[phase] += Stopwatch.GetElapsedTime(start).TotalSeconds;
        return result;
    }
}
