using StyleProtect.Native;
using static TorchSharp.torch;

namespace StyleProtect.Kernels.Cuda;

/// <summary>The fused operations on the GPU, by the native library's kernels, queued on the stream that torch uses.</summary>
/// <remarks>Attention takes at most 256 keys and heads of at most 160; what is longer is refused, not computed elsewhere.</remarks>
internal sealed unsafe class CudaKernels : IFusedKernels, IAttentionCore, IGroupNormCore
{
    /// <summary>SP_MAX_KEYS of the native header.</summary>
    internal const int MaxKeys = 256;

    /// <summary>SP_MAX_HEAD_SIZE of the native header.</summary>
    internal const int MaxHeadSize = 160;

    private readonly IDeviceTensors _tensors;

    /// <summary>Opens the device.</summary>
    /// <exception cref="NativeException">The kernels cannot run; the message says why.</exception>
    internal CudaKernels(IDeviceTensors tensors)
    {
        CudaDevice.EnsureOpen();
        _tensors = tensors;
    }

    /// <inheritdoc/>
    public KernelBackend Backend => KernelBackend.Cuda;

    /// <inheritdoc/>
    public string Description => $"CUDA kernels on {NativeRuntime.Status.DeviceName}, compute capability {NativeRuntime.Status.ComputeCapability}";

    /// <inheritdoc/>
    public void PgdStep(Tensor x, Tensor x0, Tensor gradient, PgdStepOptions options, Tensor? momentum = null, Tensor? mask = null)
    {
        var shape = Native(KernelArguments.PgdStep(x, x0, gradient, options, momentum, mask));
        _tensors.Require(x);
        if (x.numel() == 0) return;
        var grid = GridRounding.Of(options);
        var native = new NativePgdOptions
        {
            Step = options.StepSize,
            Epsilon = options.Epsilon,
            Minimum = options.Minimum,
            Maximum = options.Maximum,
            MomentumDecay = options.MomentumDecay,
            GridPerUnit = grid.PerUnit,
            GridStep = grid.Step,
            Direction = (int)options.Direction,
            RoundTo8Bit = options.RoundTo8Bit ? 1 : 0,
        };
        using var memory = new CallMemory(_tensors);
        var space = memory.Workspace(x, PgdWorkspace(shape));
        CudaDevice.Check(NativeMethods.sp_pgd_step(
            memory.Write(x), memory.Read(x0), memory.Read(gradient), TypeOf(gradient), memory.Write(momentum), memory.Read(mask), &shape, &native, space));
    }

    /// <inheritdoc/>
    public void ProjectL2(Tensor x, Tensor x0, float radius)
    {
        var shape = Native(KernelArguments.ProjectL2(x, x0, radius));
        _tensors.Require(x);
        if (x.numel() == 0) return;
        using var memory = new CallMemory(_tensors);
        var space = memory.Workspace(x, PgdWorkspace(shape));
        CudaDevice.Check(NativeMethods.sp_project_l2(memory.Write(x), memory.Read(x0), &shape, radius, space));
    }

    /// <inheritdoc/>
    public Tensor CrossAttention(Tensor q, Tensor k, Tensor v, double scale, AttentionCapture? capture = null)
    {
        var shape = KernelArguments.CrossAttention(q, k, v, scale);
        _tensors.Require(q);
        if (shape.Keys > MaxKeys)
            throw new ArgumentException(
                $"k has {shape.Keys} keys; the CUDA kernels take at most {MaxKeys} (they are for text). Use FusedKernels.Torch.", nameof(k));
        if (shape.Size > MaxHeadSize)
            throw new ArgumentException($"q has heads of {shape.Size}; the CUDA kernels take at most {MaxHeadSize}. Use FusedKernels.Torch.", nameof(q));
        return CrossAttentionFunction.Apply(this, q, k, v, scale, capture);
    }

    /// <inheritdoc/>
    public void Forward(Tensor q, Tensor k, Tensor v, float scale, Tensor output, Tensor? mass, Tensor? norm)
    {
        if (output.numel() == 0) return;
        var shape = Native(q, k, scale);
        using var memory = new CallMemory(_tensors);
        NativeHeads hq = memory.ReadHeads(q), hk = memory.ReadHeads(k), hv = memory.ReadHeads(v), ho = memory.WriteHeads(output);
        long bytes = 0;
        if (mass is not null) CudaDevice.Check(NativeMethods.sp_attention_workspace_bytes(&shape, 0, &bytes));
        var space = memory.Workspace(q, bytes);
        CudaDevice.Check(NativeMethods.sp_attention_forward(&hq, &hk, &hv, &ho, &shape, memory.Write(mass), memory.Write(norm), space));
    }

    /// <inheritdoc/>
    public void Backward(Tensor q, Tensor k, Tensor v, float scale, Tensor gradient, Tensor dq, Tensor dk, Tensor dv)
    {
        if (k.numel() == 0) return;
        var shape = Native(q, k, scale);
        using var memory = new CallMemory(_tensors);
        NativeHeads hq = memory.ReadHeads(q), hk = memory.ReadHeads(k), hv = memory.ReadHeads(v), hg = memory.ReadHeads(gradient);
        NativeHeads gq = memory.WriteHeads(dq), gk = memory.WriteHeads(dk), gv = memory.WriteHeads(dv);
        long bytes = 0;
        CudaDevice.Check(NativeMethods.sp_attention_workspace_bytes(&shape, 1, &bytes));
        CudaDevice.Check(NativeMethods.sp_attention_backward(&hq, &hk, &hv, &hg, &gq, &gk, &gv, &shape, memory.Workspace(q, bytes)));
    }

    /// <inheritdoc/>
    public Tensor GroupNorm(Tensor input, int groups, Tensor weight, Tensor bias, double eps, bool silu)
    {
        var settings = KernelArguments.GroupNorm(input, groups, weight, bias, eps, silu);
        _tensors.Require(input);
        return GroupNormFunction.Apply(this, input, weight, bias, settings);
    }

    /// <inheritdoc/>
    public void Forward(Tensor x, Tensor y, Tensor weight, Tensor bias, Tensor statistics, GroupNormSettings settings)
    {
        var shape = Native(x, settings);
        using var memory = new CallMemory(_tensors);
        var space = memory.Workspace(x, NormWorkspace(shape));
        CudaDevice.Check(NativeMethods.sp_group_norm_forward(
            memory.Read(x), memory.Write(y), memory.Read(weight), memory.Read(bias), memory.Write(statistics), &shape, space));
    }

    /// <inheritdoc/>
    public void Backward(
        Tensor x, Tensor gradient, Tensor dx, Tensor weight, Tensor bias, Tensor statistics, Tensor? dw, Tensor? db, GroupNormSettings settings)
    {
        var shape = Native(x, settings);
        using var memory = new CallMemory(_tensors);
        var space = memory.Workspace(x, NormWorkspace(shape));
        CudaDevice.Check(NativeMethods.sp_group_norm_backward(
            memory.Read(x), memory.Read(gradient), memory.Write(dx), memory.Read(weight), memory.Read(bias), memory.Read(statistics), memory.Write(dw),
            memory.Write(db), &shape, space));
    }

    /// <inheritdoc/>
    public float AdamWStep(IReadOnlyList<Tensor> parameters, IReadOnlyList<Tensor> gradients, AdamWState state, AdamWOptions options)
    {
        KernelArguments.AdamWStep(parameters, gradients, state, options);
        foreach (var p in parameters) _tensors.Require(p);
        var factors = AdamWStepFactors.Of(options, state.Steps + 1, norm: 0);
        var native = new NativeAdamWOptions
        {
            Decay = factors.Decay,
            OneMinusBeta1 = factors.OneMinusBeta1,
            Beta2 = factors.Beta2,
            OneMinusBeta2 = factors.OneMinusBeta2,
            SecondScale = factors.SecondScale,
            Epsilon = factors.Epsilon,
            Rate = factors.Rate,
            MaxNorm = (float)options.MaxGradientNorm,
        };
        using var memory = new CallMemory(_tensors);
        var table = new List<NativeParameter>();
        for (var i = 0; i < parameters.Count; i++)
        {
            if (parameters[i].numel() == 0) continue;
            table.Add(new NativeParameter
            {
                Weights = memory.Write(parameters[i]),
                Gradient = memory.Read(gradients[i]),
                FirstMoment = memory.Write(state.FirstMoments[i]),
                SecondMoment = memory.Write(state.SecondMoments[i]),
                Length = parameters[i].numel(),
            });
        }

        double norm = 0;
        fixed (NativeParameter* rows = table.ToArray())
        {
            long bytes = 0;
            CudaDevice.Check(NativeMethods.sp_adamw_workspace_bytes(rows, table.Count, &bytes));
            var space = parameters.Count == 0 ? 0 : memory.Workspace(parameters[0], bytes);
            CudaDevice.Check(NativeMethods.sp_adamw_step(rows, table.Count, &native, space, &norm));
        }

        if (double.IsFinite(norm)) state.Steps++;
        return (float)norm;
    }

    private static int TypeOf(Tensor t) => t.dtype == ScalarType.BFloat16 ? 1 : 0;

    private static long PgdWorkspace(NativeImages shape)
    {
        long bytes;
        CudaDevice.Check(NativeMethods.sp_pgd_workspace_bytes(&shape, &bytes));
        return bytes;
    }

    private static long NormWorkspace(NativeNormShape shape)
    {
        long bytes;
        CudaDevice.Check(NativeMethods.sp_group_norm_workspace_bytes(&shape, &bytes));
        return bytes;
    }

    private static NativeNormShape Native(Tensor x, GroupNormSettings settings)
    {
        long images = x.shape[0], channels = x.shape[1], positions = x.numel() / (images * channels);
        return new()
        {
            Images = (int)images,
            Channels = (int)channels,
            Positions = (int)positions,
            Groups = settings.Groups,
            // One position: the channels are what lies together.
            ChannelsLast = positions == 1 || MapOrder.IsChannelsLast(x) ? 1 : 0,
            Type = TypeOf(x),
            Silu = settings.Silu ? 1 : 0,
            Epsilon = (float)settings.Eps,
        };
    }

    private static NativeImages Native(ImageShape s) =>
        new() { Images = s.Images, Channels = s.Channels, Pixels = s.Pixels, MaskImageStride = s.MaskImageStride, MaskChannelStride = s.MaskChannelStride };

    private static NativeAttentionShape Native(Tensor q, Tensor k, float scale)
    {
        var s = CrossAttentionFunction.ShapeOf(q, k);
        return new() { Batch = s.Batch, Heads = s.Heads, Queries = s.Queries, Keys = s.Keys, Size = s.Size, Type = TypeOf(q), Scale = scale };
    }
}
