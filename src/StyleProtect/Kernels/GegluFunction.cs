using StyleProtect.Kernels.Managed;
using static TorchSharp.torch;

namespace StyleProtect.Kernels;

/// <summary>
/// The gated unit a·gelu(b) of [a | b] in bf16 on the CPU. Keeps its input alone; libtorch's operations also keep gelu(b), and copy both halves' gradients
/// together.
/// </summary>
internal sealed class GegluFunction : autograd.SingleTensorFunction<GegluFunction>
{
    /// <inheritdoc/>
    public override string Name => nameof(GegluFunction);

    /// <summary>Whether this form takes an input.</summary>
    internal static bool Takes(Tensor input) =>
        input.device_type == TorchSharp.DeviceType.CPU && input.dtype == ScalarType.BFloat16 && input.numel() > 0
        && input.shape[^1] % (2 * GegluKernel.Multiple) == 0 &&
        input.is_contiguous();

    /// <param name="input">[…, 2·inner]</param>
    /// <returns>[…, inner]</returns>
    internal static Tensor Apply(Tensor input)
    {
        if (is_grad_enabled() && input.requires_grad) return apply(input);
        using var guard = no_grad();
        return Compute(input);
    }

    /// <summary>libtorch's own operations, for every type, layout and device.</summary>
    internal static Tensor Expression(Tensor input)
    {
        using var scope = NewDisposeScope();
        var halves = input.chunk(2, -1);
        return (halves[0] * nn.functional.gelu(halves[1])).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var input = (Tensor)vars[0];
        BackwardFaults.Watch(ctx);
        ctx.save_for_backward([input]);
        return Compute(input);
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var input = ctx.get_saved_variables()[0];
        var gradient = empty_like(input);
        try
        {
            GegluKernel.Backward(Rows(input), Rows(grad_output.to(bfloat16).contiguous()), Rows(gradient));
        }
        catch (Exception e)
        {
            // It must not unwind through libtorch; the caller throws it after backward().
            BackwardFaults.Record(ctx, e);
            gradient.zero_();
        }

        grad_output.Dispose();
        return ReturnedGradients.Keep([gradient.MoveToOuterDisposeScope()]);
    }

    private static Tensor Compute(Tensor input)
    {
        using var scope = NewDisposeScope();
        var output = empty([.. input.shape[..^1], input.shape[^1] / 2], bfloat16);
        GegluKernel.Forward(Rows(input), Rows(output));
        return output.MoveToOuterDisposeScope();
    }

    private static Tensor Rows(Tensor t) => t.view(-1, t.shape[^1]);
}
