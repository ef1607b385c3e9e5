using StyleProtect.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace StyleProtect.Kernels.Managed;

/// <summary>The fused operations for one vector width.</summary>
internal sealed unsafe class VectorKernels<TVector, TSimd> : IFusedKernels, IAttentionCore
    where TVector : unmanaged
    where TSimd : ISimd<TVector>
{
    /// <inheritdoc/>
    public KernelBackend Backend => KernelBackend.Managed;

    /// <inheritdoc/>
    public string Description => $"managed SIMD, {TSimd.Width * 32}-bit vectors";

    /// <inheritdoc/>
    public void PgdStep(Tensor x, Tensor x0, Tensor gradient, PgdStepOptions options, Tensor? momentum = null, Tensor? mask = null)
    {
        var shape = KernelArguments.PgdStep(x, x0, gradient, options, momentum, mask);
        KernelArguments.On(DeviceType.CPU, x, "managed");
        if (x.numel() == 0) return;
        var g = new GradientMemory((void*)TensorMemory.Pointer(gradient), gradient.dtype == ScalarType.BFloat16);
        PgdStepKernel<TVector, TSimd>.Run(Floats(x), Floats(x0), g, momentum is null ? null : Floats(momentum), mask is null ? null : Floats(mask), shape, options);
    }

    /// <inheritdoc/>
    public void ProjectL2(Tensor x, Tensor x0, float radius)
    {
        var shape = KernelArguments.ProjectL2(x, x0, radius);
        KernelArguments.On(DeviceType.CPU, x, "managed");
        if (x.numel() > 0) ProjectL2Kernel<TVector, TSimd>.Run(Floats(x), Floats(x0), shape, radius);
    }

    /// <inheritdoc/>
    public Tensor CrossAttention(Tensor q, Tensor k, Tensor v, double scale, AttentionCapture? capture = null)
    {
        KernelArguments.CrossAttention(q, k, v, scale);
        KernelArguments.On(DeviceType.CPU, q, "managed");
        return CrossAttentionFunction.Apply(this, q, k, v, scale, capture);
    }

    /// <inheritdoc/>
    public void Forward(Tensor q, Tensor k, Tensor v, float scale, Tensor output, Tensor? mass, Tensor? norm) =>
        AttentionForward<TVector, TSimd>.Run(
            CrossAttentionFunction.ShapeOf(q, k), scale, Rows(q), Rows(k), Rows(v), Rows(output), mass is null ? null : Floats(mass), norm is null ? null : Floats(norm));

    /// <inheritdoc/>
    public void Backward(Tensor q, Tensor k, Tensor v, float scale, Tensor gradient, Tensor dq, Tensor dk, Tensor dv) =>
        AttentionBackward<TVector, TSimd>.Run(CrossAttentionFunction.ShapeOf(q, k), scale, Rows(q), Rows(k), Rows(v), Rows(gradient), Rows(dq), Rows(dk), Rows(dv));

    /// <inheritdoc/>
    public float AdamWStep(IReadOnlyList<Tensor> parameters, IReadOnlyList<Tensor> gradients, AdamWState state, AdamWOptions options)
    {
        KernelArguments.AdamWStep(parameters, gradients, state, options);
        foreach (var p in parameters) KernelArguments.On(DeviceType.CPU, p, "managed");
        var whole = new AdamWPiece[parameters.Count];
        for (var i = 0; i < whole.Length; i++)
            whole[i] = new AdamWPiece(Floats(parameters[i]), Floats(gradients[i]), Floats(state.FirstMoments[i]), Floats(state.SecondMoments[i]), (int)parameters[i].numel());
        var pieces = AdamWKernel<TVector, TSimd>.Cut(whole);
        var norm = AdamWKernel<TVector, TSimd>.Norm(pieces);
        if (!double.IsFinite(norm)) return (float)norm;
        AdamWKernel<TVector, TSimd>.Update(pieces, AdamWStepFactors.Of(options, state.Steps + 1, norm));
        state.Steps++;
        return (float)norm;
    }

    private static float* Floats(Tensor t) => (float*)TensorMemory.Pointer(t);

    private static HeadRows Rows(Tensor t) => new(HeadMemory.Of(t), t.dtype == ScalarType.BFloat16);
}
