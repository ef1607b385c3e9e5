using static TorchSharp.torch;

namespace StyleProtect.Kernels.Reference;

/// <summary>The fused operations as plain torch expressions: on any device, differentiable by autograd, and the measure for the other implementations.</summary>
internal sealed class ReferenceKernels(string description = "torch expressions") : IFusedKernels
{
    /// <inheritdoc/>
    public KernelBackend Backend => KernelBackend.Reference;

    /// <inheritdoc/>
    public string Description { get; } = description;

    /// <inheritdoc/>
    public void PgdStep(Tensor x, Tensor x0, Tensor gradient, PgdStepOptions options, Tensor? momentum = null, Tensor? mask = null)
    {
        KernelArguments.PgdStep(x, x0, gradient, options, momentum, mask);
        if (x.numel() == 0) return;
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        long[] image = x.dim() == 4 ? [1, 2, 3] : [0, 1, 2];

        var g = gradient.to(float32).nan_to_num(0, float.MaxValue, float.MinValue);
        if (momentum is not null)
        {
            var mean = g.to(float64).abs().mean(image, keepdim: true);
            var inverse = where(mean > 0, 1 / mean, zeros_like(mean)).to(float32);
            momentum.mul_(options.MomentumDecay).add_(g * inverse);
            g = momentum;
        }

        var direction = options.Direction switch
        {
            PgdDirection.Sign => g.sign() * options.StepSize,
            PgdDirection.Raw => g * options.StepSize,
            _ => g * Inverse(g.to(float64).square().sum(image, keepdim: true).sqrt(), options.StepSize),
        };
        var epsilon = mask is null ? full_like(x, options.Epsilon) : (mask.clamp_min(0) * options.Epsilon).nan_to_num(0, float.PositiveInfinity, 0).expand_as(x);
        var bounded = minimum(maximum(x + direction - x0, -epsilon), epsilon);
        var moved = (x0 + bounded).clamp(options.Minimum, options.Maximum);
        x.copy_(options.RoundTo8Bit ? Round(moved, x0, epsilon, GridRounding.Of(options)) : moved);
    }

    /// <inheritdoc/>
    public void ProjectL2(Tensor x, Tensor x0, float radius)
    {
        KernelArguments.ProjectL2(x, x0, radius);
        if (x.numel() == 0) return;
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var difference = x - x0;
        var norm = difference.to(float64).square().sum(x.dim() == 4 ? [1, 2, 3] : [0, 1, 2], keepdim: true).sqrt();
        var factor = where(norm > radius, radius / norm, ones_like(norm)).to(float32);
        x.copy_(where(norm > radius, x0 + difference * factor, x));
    }

    /// <inheritdoc/>
    public Tensor CrossAttention(Tensor q, Tensor k, Tensor v, double scale, AttentionCapture? capture = null)
    {
        KernelArguments.CrossAttention(q, k, v, scale);
        var probabilities = (matmul(q, k.transpose(-1, -2)).to(float32) * scale).softmax(-1);
        var output = matmul(probabilities.to(q.dtype), v);
        if (capture is not null)
        {
            using var guard = no_grad();
            // Sums in fp64 and a guarded count: an empty batch of queries has mass 0, not NaN.
            capture.TokenMass = (probabilities.to(float64).sum([1, 2]) / Math.Max(1, q.shape[1] * q.shape[2])).to(float32);
            capture.HeadNorm = output.to(float64).square().sum([2, 3]).sqrt().to(float32);
        }

        return output.transpose(1, 2).contiguous().transpose(1, 2);
    }

    /// <inheritdoc/>
    public float AdamWStep(IReadOnlyList<Tensor> parameters, IReadOnlyList<Tensor> gradients, AdamWState state, AdamWOptions options)
    {
        KernelArguments.AdamWStep(parameters, gradients, state, options);
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var norm = Math.Sqrt(gradients.Sum(g => g.numel() == 0 ? 0 : g.to(float64).square().sum().item<double>()));
        if (!double.IsFinite(norm)) return (float)norm;
        var step = AdamWStepFactors.Of(options, state.Steps + 1, norm);
        for (var i = 0; i < parameters.Count; i++)
        {
            var g = gradients[i] * step.GradientScale;
            Tensor p = parameters[i], m = state.FirstMoments[i], v = state.SecondMoments[i];
            p.mul_(step.Decay);
            m.add_((g - m) * step.OneMinusBeta1);
            v.mul_(step.Beta2).add_(g * g * step.OneMinusBeta2);
            p.add_(m / (v.sqrt() * step.SecondScale + step.Epsilon) * -step.Rate);
        }

        state.Steps++;
        return (float)norm;
    }

    private static Tensor Inverse(Tensor norm, float step) => where(norm > 0, step / norm, zeros_like(norm)).to(float32);

    private static Tensor Round(Tensor moved, Tensor x0, Tensor epsilon, GridRounding grid)
    {
        var origin = (x0 - grid.Minimum) * grid.PerUnit;
        var reach = epsilon * grid.PerUnit + GridRounding.Slack;
        var lower = (origin - reach).ceil();
        var upper = (origin + reach).floor();
        var nearest = ((moved - grid.Minimum) * grid.PerUnit).round();
        var level = where(lower <= upper, minimum(maximum(nearest, lower), upper), origin.round()).clamp(0, 255);
        return level * grid.Step + grid.Minimum;
    }
}
