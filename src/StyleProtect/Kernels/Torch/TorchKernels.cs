using static TorchSharp.torch;

namespace StyleProtect.Kernels.Torch;

/// <summary>
/// The fused operations as plain torch expressions: on any device, differentiable by autograd, and the measure for the other implementations.
/// </summary>
internal sealed class TorchKernels(string description = "torch expressions") : IFusedKernels
{
    /// <inheritdoc/>
    public KernelBackend Backend => KernelBackend.Torch;

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
            var inverse = where(mean.Gt(0), mean.Rdiv(1), zeros_like(mean)).to(float32);
            momentum.Mul_(options.MomentumDecay).Add_(g * inverse);
            g = momentum;
        }

        var direction = options.Direction switch
        {
            PgdDirection.Sign => g.sign().Mul(options.StepSize),
            PgdDirection.Raw => g.Mul(options.StepSize),
            _ => g * Inverse(g.to(float64).Square().sum(image, keepdim: true).sqrt(), options.StepSize),
        };
        var epsilon = mask is null
            ? TensorMath.FullLike(x, options.Epsilon)
            : mask.Clamp(0).Mul(options.Epsilon).nan_to_num(0, float.PositiveInfinity, 0).expand_as(x);
        var bounded = minimum(maximum(x.Add(direction) - x0, -epsilon), epsilon);
        var moved = x0.Add(bounded).Clamp(options.Minimum, options.Maximum);
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
        var norm = difference.to(float64).Square().sum(x.dim() == 4 ? [1, 2, 3] : [0, 1, 2], keepdim: true).sqrt();
        var factor = where(norm.Gt(radius), norm.Rdiv(radius), ones_like(norm)).to(float32);
        x.copy_(where(norm.Gt(radius), x0.Add(difference * factor), x));
    }

    /// <inheritdoc/>
    public Tensor CrossAttention(Tensor q, Tensor k, Tensor v, double scale, AttentionCapture? capture = null)
    {
        KernelArguments.CrossAttention(q, k, v, scale);
        var probabilities = matmul(q, k.transpose(-1, -2)).to(float32).Mul(scale).softmax(-1);
        var output = matmul(probabilities.to(q.dtype), v);
        if (capture is not null)
        {
            using var guard = no_grad();
            // Sums in fp64 and a guarded count: an empty batch of queries has mass 0, not NaN.
            capture.TokenMass = probabilities.to(float64).sum([1, 2]).Div(Math.Max(1, q.shape[1] * q.shape[2])).to(float32);
            capture.HeadNorm = output.to(float64).Square().sum([2, 3]).sqrt().to(float32);
        }

        return output.transpose(1, 2).contiguous().transpose(1, 2);
    }

    /// <inheritdoc/>
    public Tensor GroupNorm(Tensor input, int groups, Tensor weight, Tensor bias, double eps, bool silu) =>
        GroupNormFunction.Expression(input, weight, bias, KernelArguments.GroupNorm(input, groups, weight, bias, eps, silu));

    /// <inheritdoc/>
    public float AdamWStep(IReadOnlyList<Tensor> parameters, IReadOnlyList<Tensor> gradients, AdamWState state, AdamWOptions options)
    {
        KernelArguments.AdamWStep(parameters, gradients, state, options);
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var norm = Math.Sqrt(gradients.Sum(g => g.numel() == 0 ? 0 : g.to(float64).Square().sum().item<double>()));
        if (!double.IsFinite(norm)) return (float)norm;
        var step = AdamWStepFactors.Of(options, state.Steps + 1, norm);
        for (var i = 0; i < parameters.Count; i++)
        {
            var g = gradients[i].Mul(step.GradientScale);
            Tensor p = parameters[i], m = state.FirstMoments[i], v = state.SecondMoments[i];
            p.Mul_(step.Decay);
            m.Add_((g - m).Mul(step.OneMinusBeta1));
            v.Mul_(step.Beta2).Add_((g * g).Mul(step.OneMinusBeta2));
            p.Add_((m / v.sqrt().Mul(step.SecondScale).Add(step.Epsilon)).Mul(-step.Rate));
        }

        state.Steps++;
        return (float)norm;
    }

    private static Tensor Inverse(Tensor norm, float step) => where(norm.Gt(0), norm.Rdiv(step), zeros_like(norm)).to(float32);

    private static Tensor Round(Tensor moved, Tensor x0, Tensor epsilon, GridRounding grid)
    {
        var origin = x0.Sub(grid.Minimum).Mul(grid.PerUnit);
        var reach = epsilon.Mul(grid.PerUnit).Add(GridRounding.Slack);
        var lower = (origin - reach).ceil();
        var upper = origin.Add(reach).floor();
        var nearest = moved.Sub(grid.Minimum).Mul(grid.PerUnit).round();
        var level = where(lower <= upper, minimum(maximum(nearest, lower), upper), origin.round()).Clamp(0, 255);
        return level.Mul(grid.Step).Add(grid.Minimum);
    }
}
