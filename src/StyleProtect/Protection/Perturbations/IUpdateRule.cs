using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Protection.Perturbations;

/// <summary>How a step follows the gradient.</summary>
public interface IUpdateRule
{
    /// <summary>Begins the updates of one image's samples or parameters.</summary>
    /// <param name="parameters">As they are before the first step; not to be changed or kept (a rule that needs the start clones it).</param>
    IUpdate Begin(Tensor parameters);
}

/// <summary>The updates of one image, with what they remember.</summary>
public interface IUpdate : IDisposable
{
    /// <summary>One step uphill, in place. No gradient is recorded; the projection follows.</summary>
    /// <param name="parameters">fp32.</param>
    /// <param name="gradient">In their shape; not to be changed.</param>
    /// <param name="stepSize">In the parameters' units.</param>
    void Ascend(Tensor parameters, Tensor gradient, double stepSize);
}

/// <summary>The update rules that come with the library.</summary>
public static class UpdateRules
{
    /// <summary>The gradient's sign: every sample moves by the full step (PGD; Madry et al. 2018).</summary>
    public static IUpdateRule Sign { get; } = new Rule((gradient, size) => gradient.sign().Mul(size));

    /// <summary>
    /// The gradient divided by its L2 norm over the image, times the step and the square root of the number of samples: as far as a sign step in the root mean
    /// square.
    /// </summary>
    public static IUpdateRule L2 { get; } = new Rule((gradient, size) =>
    {
        var norm = gradient.norm().item<float>();
        return gradient.Mul(norm > 0 ? size * Math.Sqrt(gradient.numel()) / norm : 0);
    });

    /// <summary>Adam (Kingma and Ba 2015), uphill.</summary>
    /// <param name="beta1">Decay of the first moment.</param>
    /// <param name="beta2">Decay of the second moment.</param>
    public static IUpdateRule Adam(double beta1 = 0.9, double beta2 = 0.999)
    {
        if (!(beta1 is >= 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(beta1), beta1, "A decay is at least 0 and below 1.");
        if (!(beta2 is >= 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(beta2), beta2, "A decay is at least 0 and below 1.");
        return new AdamRule(beta1, beta2);
    }

    private sealed class Rule(Func<Tensor, double, Tensor> change) : IUpdateRule, IUpdate
    {
        public IUpdate Begin(Tensor parameters) => this;

        public void Ascend(Tensor parameters, Tensor gradient, double stepSize)
        {
            using var scope = NewDisposeScope();
            parameters.Add_(change(gradient, stepSize));
        }

        public void Dispose() { }
    }

    private sealed record AdamRule(double Beta1, double Beta2) : IUpdateRule
    {
        public IUpdate Begin(Tensor parameters) => new AdamUpdate(this, parameters);
    }

    private sealed class AdamUpdate(AdamRule rule, Tensor parameters) : IUpdate
    {
        private const double Smallest = 1e-8;
        private readonly Tensor _first = zeros_like(parameters).DetachFromDisposeScope(), _second = zeros_like(parameters).DetachFromDisposeScope();
        private int _steps;

        public void Ascend(Tensor parameters, Tensor gradient, double stepSize)
        {
            using var scope = NewDisposeScope();
            _steps++;
            _first.Mul_(rule.Beta1).Add_(gradient, 1 - rule.Beta1);
            _second.Mul_(rule.Beta2).Add_(gradient.Square(), 1 - rule.Beta2);
            var first = _first.Div(1 - Math.Pow(rule.Beta1, _steps));
            var second = _second.Div(1 - Math.Pow(rule.Beta2, _steps)).sqrt().Add(Smallest);
            parameters.Add_(first / second, stepSize);
        }

        public void Dispose()
        {
            _first.Dispose();
            _second.Dispose();
        }
    }
}
