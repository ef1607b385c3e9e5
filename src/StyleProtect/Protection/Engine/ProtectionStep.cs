using System.Diagnostics;
using StyleProtect.Diffusion;
using StyleProtect.Kernels;
using StyleProtect.Protection.Encodings;
using StyleProtect.Protection.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace StyleProtect.Protection.Engine;

/// <summary>
/// Loss and gradient of a batch of views, in two stages: the objective on detached latents gives the latents' gradient (and the surrogate's), then the
/// autoencoder's vector-Jacobian product gives the views' gradient. The same gradient as one backward pass through both, however the plan cuts it up (tiles excepted).
/// </summary>
internal sealed class ProtectionStep(LatentDiffusionModel model, IObjective objective, StepPlan? plan = null)
{
    private readonly StepPlan _plan = plan ?? StepPlan.Whole;

    /// <summary>Looked at inside of a step, too: between views, segments and tiles.</summary>
    internal CancellationToken Cancellation { get; init; }

    /// <summary>Seconds by phase, summed over the steps.</summary>
    internal Dictionary<string, double> Seconds { get; } =
        new(StringComparer.Ordinal) { ["encode"] = 0, ["unet"] = 0, ["unetBackward"] = 0, ["encodeBackward"] = 0 };

    /// <param name="views">[N, 3, h, w] in [−1, 1], fp32; needs no gradient of its own.</param>
    /// <param name="draws">The step's draws: the objective is their mean. The views are encoded once for all of them.</param>
    /// <returns>The loss, and its gradient with respect to the views.</returns>
    internal (double Loss, Tensor Gradient) Run(Tensor views, params IReadOnlyList<StepDraws> draws)
    {
        using var scope = NewDisposeScope();
        var count = views.shape[0];
        // What looks at all latents together cannot be cut; it does not ask the U-Net.
        var size = objective.IsMeanOverViews ? Math.Min(count, _plan.Views) : count;
        double loss = 0;
        var gradients = new List<Tensor>();
        for (long at = 0; at < count; at += size)
        {
            Cancellation.ThrowIfCancellationRequested();
            var (first, length) = (at, Math.Min(size, count - at));
            var share = (double)length / count;
            var (value, gradient) = Part(views.narrow(0, first, length), [.. draws.Select(d => d.Narrow(first, length))], share);
            loss += share * value;
            gradients.Add(gradient);
        }

        return (loss, Join(gradients).contiguous().MoveToOuterDisposeScope());
    }

    private (double Loss, Tensor Gradient) Part(Tensor views, StepDraws[] draws, double share)
    {
        using var scope = NewDisposeScope();
        var encodings = new List<IEncoding>();
        try
        {
            for (long at = 0; at < views.shape[0]; at += _plan.Views)
            {
                var part = views.narrow(0, at, Math.Min(_plan.Views, views.shape[0] - at));
                encodings.Add(Timed("encode", () => _plan.Encode(model, part, Cancellation)));
            }

            var moments = Join([.. encodings.Select(e => e.Moments)]).detach().requires_grad_(true);
            var value = draws.Sum(d => Climb(moments, d, share / draws.Length)) / draws.Length;
            var gradient = moments.grad!;
            long done = 0;
            var gradients = new List<Tensor>();
            foreach (var encoding in encodings)
            {
                Cancellation.ThrowIfCancellationRequested();
                var length = encoding.Moments.shape[0];
                gradients.Add(Timed("encodeBackward", () => encoding.Pull(gradient.narrow(0, done, length), Cancellation)));
                encoding.Dispose();
                done += length;
            }

            return (value, Join(gradients).MoveToOuterDisposeScope());
        }
        finally
        {
            foreach (var encoding in encodings) encoding.Dispose();
        }
    }

    /// <summary>Adds a draw's gradient to the moments' (and the surrogate's).</summary>
    private double Climb(Tensor moments, StepDraws draws, double share)
    {
        using var scope = NewDisposeScope();
        Cancellation.ThrowIfCancellationRequested();
        var loss = Timed("unet", () => objective.Evaluate(model.Sample(moments, draws.Posterior), draws));
        var value = loss.item<float>();
        Cancellation.ThrowIfCancellationRequested();
        Timed("unetBackward", () =>
        {
            (share == 1 ? loss : loss.Mul(share)).backward();
            BackwardFaults.ThrowIfAny();
            return loss;
        });
        return value;
    }

    private static Tensor Join(List<Tensor> parts) => parts.Count == 1 ? parts[0] : cat(parts);

    private T Timed<T>(string phase, Func<T> work)
    {
        var start = Stopwatch.GetTimestamp();
        var result = work();
        if (model.Device.type == DeviceType.CUDA) cuda.synchronize();
        Seconds[phase] += Stopwatch.GetElapsedTime(start).TotalSeconds;
        return result;
    }
}
