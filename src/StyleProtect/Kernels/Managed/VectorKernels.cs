using StyleProtect.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace StyleProtect.Kernels.Managed;

/// <summary>The fused operations for one vector width.</summary>
internal sealed unsafe class VectorKernels<TVector, TSimd> : IFusedKernels, IAttentionCore, IGroupNormCore
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
        PgdStepKernel<TVector, TSimd>.Run(
            Floats(x), Floats(x0), g, momentum is null ? null : Floats(momentum), mask is null ? null : Floats(mask), shape, options);
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
            CrossAttentionFunction.ShapeOf(q, k), scale, Rows(q), Rows(k), Rows(v), Rows(output), mass is null ? null : Floats(mass),
            norm is null ? null : Floats(norm));

    /// <inheritdoc/>
    public void Backward(Tensor q, Tensor k, Tensor v, float scale, Tensor gradient, Tensor dq, Tensor dk, Tensor dv) =>
        AttentionBackward<TVector, TSimd>.Run(
            CrossAttentionFunction.ShapeOf(q, k), scale, Rows(q), Rows(k), Rows(v), Rows(gradient), Rows(dq), Rows(dk), Rows(dv));

    /// <inheritdoc/>
    /// <remarks>
    /// Channels-last maps only, where libtorch's backward pass is very slow; channels-first ones, or a number of channels that is no multiple of the vector's,
    /// go to libtorch's expression.
    /// </remarks>
    public Tensor GroupNorm(Tensor input, int groups, Tensor weight, Tensor bias, double eps, bool silu)
    {
        var settings = KernelArguments.GroupNorm(input, groups, weight, bias, eps, silu);
        KernelArguments.On(DeviceType.CPU, input, "managed");
        return MapOrder.IsChannelsLast(input) && input.shape[1] % TSimd.Width == 0
            ? GroupNormFunction.Apply(this, input, weight, bias, settings)
            : GroupNormFunction.Expression(input, weight, bias, settings);
    }

    /// <inheritdoc/>
    public void Forward(Tensor x, Tensor y, Tensor weight, Tensor bias, Tensor statistics, GroupNormSettings settings) =>
        GroupNormKernel<TVector, TSimd>.Forward(
            Map(x), Map(y), Floats(weight), Floats(bias), Floats(statistics), ShapeOf(x, settings), settings.Eps, settings.Silu);

    /// <inheritdoc/>
    public void Backward(
        Tensor x, Tensor gradient, Tensor dx, Tensor weight, Tensor bias, Tensor statistics, Tensor? dw, Tensor? db, GroupNormSettings settings) =>
        GroupNormKernel<TVector, TSimd>.Backward(
            Map(x), Map(gradient), Map(dx), Floats(weight), Floats(bias), Floats(statistics), dw is null ? null : Floats(dw), db is null ? null : Floats(db),
            ShapeOf(x, settings), settings.Silu);

    /// <inheritdoc/>
    public float AdamWStep(IReadOnlyList<Tensor> parameters, IReadOnlyList<Tensor> gradients, AdamWState state, AdamWOptions options)
    {
        KernelArguments.AdamWStep(parameters, gradients, state, options);
        foreach (var p in parameters) KernelArguments.On(DeviceType.CPU, p, "managed");
        var whole = new AdamWPiece[parameters.Count];
        for (var i = 0; i < whole.Length; i++)
            whole[i] = new AdamWPiece(
                Floats(parameters[i]), Floats(gradients[i]), Floats(state.FirstMoments[i]), Floats(state.SecondMoments[i]), (int)parameters[i].numel());
        var pieces = AdamWKernel<TVector, TSimd>.Cut(whole);
        var norm = AdamWKernel<TVector, TSimd>.Norm(pieces);
        if (!double.IsFinite(norm)) return (float)norm;
        AdamWKernel<TVector, TSimd>.Update(pieces, AdamWStepFactors.Of(options, state.Steps + 1, norm));
        state.Steps++;
        return (float)norm;
    }

    private static float* Floats(Tensor t) => (float*)TensorMemory.Pointer(t);

    private static NormMemory Map(Tensor t) => new((void*)TensorMemory.Pointer(t), t.dtype == ScalarType.BFloat16);

    private static NormShape ShapeOf(Tensor t, GroupNormSettings settings) =>
        new((int)t.shape[0], (int)(t.shape[2] * t.shape[3]), (int)t.shape[1], settings.Groups);

    private static HeadRows Rows(Tensor t) => new(HeadMemory.Of(t), t.dtype == ScalarType.BFloat16);
}
