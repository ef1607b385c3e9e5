using StyleProtect.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace StyleProtect.Benchmarks.Kernels;

/// <summary>
/// Group norm with SiLU of a channels-last map under frozen weights, forward and backward: what every residual block of the engine's step does twice.
/// </summary>
internal sealed class GroupNormCase : IDisposable
{
    private const int Groups = 32;
    private readonly Tensor _input;
    private readonly Tensor _gradient;
    private readonly Tensor _weight;
    private readonly Tensor _bias;

    internal GroupNormCase(ScalarType type, int images, int channels, int side)
    {
        _input = Map().requires_grad_();
        _gradient = Map();
        _weight = randn(channels);
        _bias = randn(channels);

        Tensor Map() => randn([images, side, side, channels], dtype: type).permute(0, 3, 1, 2).detach();
    }

    /// <summary>The fused operation.</summary>
    internal void Fused(IFusedKernels kernels) => Step(() => kernels.GroupNorm(_input, Groups, _weight, _bias, 1e-5, silu: true));

    /// <summary>libtorch's group norm and SiLU, one after the other.</summary>
    internal void Expression() => Step(() => GroupNormFunction.Expression(_input, _weight, _bias, new GroupNormSettings(Groups, 1e-5f, Silu: true)));

    public void Dispose()
    {
        foreach (var t in (Tensor[])[_input, _gradient, _weight, _bias]) t.Dispose();
    }

    private void Step(Func<Tensor> forward)
    {
        using var scope = NewDisposeScope();
        forward().backward([_gradient]);
        BackwardFaults.ThrowIfAny();
        _input.grad = null;
    }
}
