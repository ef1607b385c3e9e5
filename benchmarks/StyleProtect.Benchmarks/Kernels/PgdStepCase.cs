using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Benchmarks.Kernels;

/// <summary>One PGD step on an image of 3 × 1,024 × 1,024.</summary>
internal sealed class PgdStepCase : IDisposable
{
    /// <summary>Bytes that the step has to move: x, x0 and g read, x written.</summary>
    internal const double Bytes = 16.0 * 3 * 1024 * 1024;

    private readonly Tensor _x0 = rand(1, 3, 1024, 1024).Mul(2).Sub(1);
    private readonly Tensor _gradient = randn(1, 3, 1024, 1024);
    private readonly Tensor _x;
    private readonly PgdStepOptions _options;

    internal PgdStepCase(bool rounds)
    {
        _x = _x0.clone();
        _options = new PgdStepOptions { StepSize = 0.005f, Epsilon = 0.1f, RoundTo8Bit = rounds };
    }

    internal void Run(IFusedKernels kernels) => kernels.PgdStep(_x, _x0, _gradient, _options);

    /// <summary>The step as an engine without fused kernels writes it.</summary>
    internal void Expression()
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        _x.copy_(_x0.Add((_x.Add(_gradient.sign().Mul(_options.StepSize)) - _x0).Clamp(-_options.Epsilon, _options.Epsilon)).Clamp(-1, 1));
    }

    public void Dispose()
    {
        _x.Dispose();
        _x0.Dispose();
        _gradient.Dispose();
    }
}
