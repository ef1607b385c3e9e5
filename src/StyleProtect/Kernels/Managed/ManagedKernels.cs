using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace StyleProtect.Kernels.Managed;

/// <summary>The fused operations on the CPU in managed SIMD code, with the widest vectors that the processor has.</summary>
internal sealed class ManagedKernels : IFusedKernels
{
    private readonly IFusedKernels _kernels = Vector512.IsHardwareAccelerated
        ? new VectorKernels<Vector512<float>, Simd512>()
        : new VectorKernels<Vector256<float>, Simd256>();

    /// <inheritdoc/>
    public KernelBackend Backend => _kernels.Backend;

    /// <inheritdoc/>
    public string Description => _kernels.Description;

    /// <inheritdoc/>
    public void PgdStep(Tensor x, Tensor x0, Tensor gradient, PgdStepOptions options, Tensor? momentum = null, Tensor? mask = null) =>
        _kernels.PgdStep(x, x0, gradient, options, momentum, mask);

    /// <inheritdoc/>
    public void ProjectL2(Tensor x, Tensor x0, float radius) => _kernels.ProjectL2(x, x0, radius);

    /// <inheritdoc/>
    public Tensor CrossAttention(Tensor q, Tensor k, Tensor v, double scale, AttentionCapture? capture = null) =>
        _kernels.CrossAttention(q, k, v, scale, capture);

    /// <inheritdoc/>
    public Tensor GroupNorm(Tensor input, int groups, Tensor weight, Tensor bias, double eps, bool silu) =>
        _kernels.GroupNorm(input, groups, weight, bias, eps, silu);

    /// <inheritdoc/>
    public float AdamWStep(IReadOnlyList<Tensor> parameters, IReadOnlyList<Tensor> gradients, AdamWState state, AdamWOptions options) =>
        _kernels.AdamWStep(parameters, gradients, state, options);
}
