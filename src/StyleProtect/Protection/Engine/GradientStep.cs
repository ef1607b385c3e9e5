using System.Diagnostics;
using StyleProtect.Diffusion;
using StyleProtect.Kernels;
using StyleProtect.Protection.Objectives;
using StyleProtect.Runtime.Encodings;
using TorchSharp;
using static TorchSharp.torch;

namespace StyleProtect.Protection.Engine;

/// <summary>
/// Loss and gradient of a batch of views, in two stages: the objective on detached latents gives the latents' gradient (and the surrogate's), then the
/// autoencoder's vector-Jacobian product gives the views' gradient. The same gradient as one backward pass through both, however the plan divides it (tiles
/// excepted).
/// </summary>
internal sealed class GradientStep(LatentAutoencoder autoencoder, IObjective objective, StepPartition? partition = null)
{
    private readonly StepPartition _partition = partition ?? StepPartition.Whole;

    /// <summary>The method's name, for messages; null for none.</summary>
    internal string? Method { get; init; }

    /// <summary>Looked at inside of a step, too: between views, segments and tiles.</summary>
    internal CancellationToken Cancellation { get; init; }

    /// <summary>Seconds by phase, summed over the steps.</summary>
    internal Dictionary<string, double> Seconds { get; } =
        new(StringComparer.Ordinal) { ["encode"] = 0, ["unet"] = 0, ["unetBackward"] = 0, ["encodeBackward"] = 0 };

    /// <param name="views">[N, 3, h, w] in [−1, 1], fp32; needs no gradient of its own.</param>
    /// <param name="samples">The step's samples of noise and timestep: the objective is their mean. The views are encoded once for all of them.</param>
    /// <returns>The loss, and its gradient with respect to the views, times <see cref="ViewBatch.Weight"/>.</returns>
    internal (double Loss, Tensor Gradient) Run(Tensor views, params IReadOnlyList<NoiseSample> samples)
    {
        using var batch = new ViewBatch(views);
        return Run(batch, samples);
    }

    /// <inheritdoc cref="Run(Tensor, IReadOnlyList{NoiseSample})"/>
    /// <exception cref="ProtectionException">The objective gives no scalar, or its value has no gradient with respect to the views.</exception>
    internal (double Loss, Tensor Gradient) Run(ViewBatch views, params IReadOnlyList<NoiseSample> samples)
    {
        using var scope = NewDisposeScope();
        // What looks at all latents together cannot be divided.
        var size = objective.IsMeanOverViews ? Math.Min(views.Count, _partition.MicroBatch) : views.Count;
        double loss = 0;
        var gradients = new List<Tensor>();
        for (long at = 0; at < views.Count; at += size)
        {
            Cancellation.ThrowIfCancellationRequested();
            var (first, length) = (at, Math.Min(size, views.Count - at));
            var share = (double)length / views.Count;
            using var part = views.Narrow(first, length);
            NoiseSample[] ofPart = [.. samples.Select(d => d.Narrow(first, length))];
            var (value, gradient) = objective is IGradientObjective own
                ? OwnGradient(own, part, ofPart, share * views.Weight) : MicroBatch(part, ofPart, share * views.Weight);
            loss += share * value;
            gradients.Add(gradient);
        }

        return (loss, Join(gradients).contiguous().MoveToOuterDisposeScope());
    }

    private (double Loss, Tensor Gradient) MicroBatch(ViewBatch views, NoiseSample[] samples, double share)
    {
        using var scope = NewDisposeScope();
        var encodings = new List<IEncoding>();
        try
        {
            for (long at = 0; at < views.Count; at += _partition.MicroBatch)
            {
                var part = views.Views.narrow(0, at, Math.Min(_partition.MicroBatch, views.Count - at));
                encodings.Add(Timed("encode", () => _partition.Encode(autoencoder, part, Cancellation)));
            }

            var moments = Join([.. encodings.Select(e => e.Moments)]).detach().requires_grad_(true);
            var value = samples.Sum(d => AccumulateGradient(views, moments, d, share / samples.Length)) / samples.Length;
            // Whoever asked says so; a gradient would not be one.
            if (!double.IsFinite(value)) return (value, zeros_like(views.Views).MoveToOuterDisposeScope());
            var gradients = new List<Tensor>();
            if (moments.grad is { } gradient)
            {
                long done = 0;
                foreach (var encoding in encodings)
                {
                    Cancellation.ThrowIfCancellationRequested();
                    var length = encoding.Moments.shape[0];
                    gradients.Add(Timed("encodeBackward", () => encoding.VectorJacobianProduct(gradient.narrow(0, done, length), Cancellation)));
                    encoding.Dispose();
                    done += length;
                }
            }

            // What the objective computed from the views themselves.
            var direct = views.LeafGradient;
            var whole = gradients.Count == 0
                ? direct?.clone()
                    ?? throw new ProtectionException($"{Who} does not depend on the views: it has no gradient with respect to latents, posterior or views.")
                : direct is null ? Join(gradients) : Join(gradients).Add(direct);
            return (value, whole.MoveToOuterDisposeScope());
        }
        finally
        {
            foreach (var encoding in encodings) encoding.Dispose();
        }
    }

    /// <summary>Adds a sample's gradient to the moments' (and the surrogate's).</summary>
    private double AccumulateGradient(ViewBatch views, Tensor moments, NoiseSample sample, double share)
    {
        using var scope = NewDisposeScope();
        Cancellation.ThrowIfCancellationRequested();
        var loss = Timed("unet", () => objective.Evaluate(
            new ObjectiveInput(views, sample, autoencoder.Posterior(moments), autoencoder.Sample(moments, sample.Posterior))));
        if (loss is null) throw new ProtectionException($"{Who} returned null instead of a scalar.");
        if (loss.numel() != 1) throw new ProtectionException($"{Who} returned a tensor of shape [{string.Join(", ", loss.shape)}] instead of a scalar.");
        if (!loss.requires_grad) throw new ProtectionException($"{Who} has no gradient: its value was computed without a graph (no_grad, detach, or item).");
        var value = loss.to(float32).item<float>();
        if (!float.IsFinite(value)) return value;
        Cancellation.ThrowIfCancellationRequested();
        Timed("unetBackward", () =>
        {
            (share == 1 ? loss : loss.Mul(share)).backward();
            BackwardFaults.ThrowIfAny();
            return loss;
        });
        return value;
    }

    private (double Loss, Tensor Gradient) OwnGradient(IGradientObjective own, ViewBatch views, NoiseSample[] samples, double share)
    {
        using var scope = NewDisposeScope();
        double value = 0;
        Tensor? sum = null;
        foreach (var sample in samples)
        {
            Cancellation.ThrowIfCancellationRequested();
            var (loss, gradient) = Timed("unet", () => own.Gradient(new ObjectiveInput(views, sample, null, null)))
                ?? throw new ProtectionException($"{Who} returned null instead of its value and gradient.");
            BackwardFaults.ThrowIfAny();
            if (gradient is null || !gradient.shape.AsSpan().SequenceEqual(views.Views.shape))
            {
                throw new ProtectionException(
                    $"{Who} returned a gradient of shape [{string.Join(", ", gradient?.shape ?? [])}]; the views have " +
                    $"[{string.Join(", ", views.Views.shape)}].");
            }

            value += loss / samples.Length;
            var scaled = gradient.detach().to(float32).Mul(share / samples.Length);
            sum = sum is null ? scaled : sum.Add_(scaled);
            // A gradient that was taken by a backward pass to the views must not add up over the samples.
            views.ClearGradient();
        }

        return (value, sum!.MoveToOuterDisposeScope());
    }

    private string Who => $"The objective {objective.GetType().Name}{(Method is null ? "" : $" of the method '{Method}'")}";

    private static Tensor Join(List<Tensor> parts) => parts.Count == 1 ? parts[0] : cat(parts);

    private T Timed<T>(string phase, Func<T> work)
    {
        var start = Stopwatch.GetTimestamp();
        var result = work();
        if (autoencoder.Device.type == DeviceType.CUDA) cuda.synchronize();
        Seconds[phase] += Stopwatch.GetElapsedTime(start).TotalSeconds;
        return result;
    }
}
