using System.Runtime.Intrinsics;
using StyleProtect.Kernels.Managed;
using StyleProtect.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace StyleProtect.Kernels;

/// <summary>
/// Group norm, with SiLU behind it on demand. On the CPU channels-last feature maps of at least two positions go through managed SIMD code, because
/// libtorch's backward pass is very slow in that layout; everything else is libtorch's expression. Both give the same values.
/// </summary>
internal sealed unsafe class GroupNormFunction : autograd.SingleTensorFunction<GroupNormFunction>
{
    private const string SettingsKey = "settings";

    // libtorch reads the returned handles after backward has returned; this keeps their owners from being finalised in between.
    [ThreadStatic]
    private static List<Tensor>? t_returned;

    /// <inheritdoc/>
    public override string Name => nameof(GroupNormFunction);

    private static int Width => Vector512.IsHardwareAccelerated ? 16 : 8;

    /// <param name="input">[N, C, H, W]</param>
    /// <param name="weight">[C]</param>
    /// <param name="bias">[C]</param>
    internal static Tensor Apply(Tensor input, int groups, Tensor weight, Tensor bias, double eps, bool silu)
    {
        if (!Supports(input))
        {
            using var scope = NewDisposeScope();
            var normalised = nn.functional.group_norm(input, groups, weight, bias, eps);
            return (silu ? nn.functional.silu(normalised) : normalised).MoveToOuterDisposeScope();
        }

        var settings = new Settings(groups, eps, silu);
        if (is_grad_enabled() && (input.requires_grad || weight.requires_grad || bias.requires_grad)) return apply(input, weight, bias, settings);
        using var frozen = no_grad();
        using var inner = NewDisposeScope();
        return Forward(input, weight, bias, settings, Statistics(input, groups)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (input, weight, bias, settings) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2], (Settings)vars[3]);
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        // Saved when this method has returned: it must outlive this method's scope.
        var statistics = Statistics(input, settings.Groups).MoveToOuterDisposeScope();
        var output = Forward(input, weight, bias, settings, statistics);
        ctx.save_for_backward([input, weight, bias, statistics]);
        ctx.save_data(SettingsKey, settings);
        return output.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        var settings = (Settings)ctx.get_data(SettingsKey);
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        var saved = ctx.get_saved_variables();
        var (input, weight, bias, statistics) = (saved[0], saved[1], saved[2], saved[3]);
        var dx = Like(input);
        Tensor dw = empty(weight.shape, float32), db = empty(bias.shape, float32);
        try
        {
            var gradient = Dense(grad_output.dtype == input.dtype ? grad_output : grad_output.to(input.dtype));
            Tensor w = weight.to(float32).contiguous(), b = bias.to(float32).contiguous();
            var shape = ShapeOf(input, settings.Groups);
            if (Width == 16)
                GroupNormKernel<Vector512<float>, Simd512>.Backward(Memory(input), Memory(gradient), Memory(dx), Floats(w), Floats(b), Floats(statistics), Floats(dw), Floats(db), shape, settings.Silu);
            else
                GroupNormKernel<Vector256<float>, Simd256>.Backward(Memory(input), Memory(gradient), Memory(dx), Floats(w), Floats(b), Floats(statistics), Floats(dw), Floats(db), shape, settings.Silu);
        }
        catch (Exception e)
        {
            // It must not unwind through libtorch; the caller throws it after backward().
            BackwardFaults.Record(e);
            foreach (var t in (Tensor[])[dx, dw, db]) t.zero_();
        }

        return t_returned = [dx.MoveToOuterDisposeScope(), dw.to(weight.dtype).MoveToOuterDisposeScope(), db.to(bias.dtype).MoveToOuterDisposeScope(), null!];
    }

    private static bool Supports(Tensor input) =>
        input.device_type == DeviceType.CPU && input.dtype is ScalarType.Float32 or ScalarType.BFloat16 && input.dim() == 4 && input.numel() > 0 &&
        input.shape[1] % Width == 0 && IsChannelsLast(input);

    private static bool IsChannelsLast(Tensor t)
    {
        long c = t.shape[1], h = t.shape[2], w = t.shape[3];
        // A map of one position is dense in both orders: libtorch does it well.
        return h * w > 1 && t.stride(1) == 1 && t.stride(3) == c && t.stride(2) == w * c && (t.shape[0] == 1 || t.stride(0) == h * w * c);
    }

    private static Tensor Forward(Tensor input, Tensor weight, Tensor bias, Settings settings, Tensor statistics)
    {
        var output = Like(input);
        Tensor w = weight.to(float32).contiguous(), b = bias.to(float32).contiguous();
        var shape = ShapeOf(input, settings.Groups);
        if (Width == 16) GroupNormKernel<Vector512<float>, Simd512>.Forward(Memory(input), Memory(output), Floats(w), Floats(b), Floats(statistics), shape, settings.Eps, settings.Silu);
        else GroupNormKernel<Vector256<float>, Simd256>.Forward(Memory(input), Memory(output), Floats(w), Floats(b), Floats(statistics), shape, settings.Eps, settings.Silu);
        return output;
    }

    private static Tensor Statistics(Tensor input, int groups) => empty(input.shape[0], groups, 2);

    /// <summary>An unset tensor of the same shape, channels-last.</summary>
    private static Tensor Like(Tensor t) => empty([t.shape[0], t.shape[2], t.shape[3], t.shape[1]], t.dtype).permute(0, 3, 1, 2);

    /// <summary>A gradient may come in any layout; the kernel reads channels-last.</summary>
    private static Tensor Dense(Tensor t) => IsChannelsLast(t) ? t : t.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);

    private static NormShape ShapeOf(Tensor t, int groups) => new((int)t.shape[0], checked((int)(t.shape[2] * t.shape[3])), (int)t.shape[1], groups);

    private static NormMemory Memory(Tensor t) => new((void*)TensorMemory.Pointer(t), t.dtype == ScalarType.BFloat16);

    private static float* Floats(Tensor t) => (float*)TensorMemory.Pointer(t);

    private sealed record Settings(int Groups, double Eps, bool Silu);
}
