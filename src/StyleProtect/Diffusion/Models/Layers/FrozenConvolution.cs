using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Models.Layers;

/// <summary>
/// A convolution whose kernel is not trained, on the CPU. The gradient of its input needs the kernel alone, but libtorch's own graph keeps the input too: here
/// nothing is kept, which is two maps of every residual block. The gradient is the transposed convolution (the same oneDNN primitive, equal bit for bit), or
/// that of <see cref="ColumnProduct"/> where that form was taken.
/// </summary>
internal sealed class FrozenConvolution : autograd.SingleTensorFunction<FrozenConvolution>
{
    private const string Arguments = "arguments";

    /// <inheritdoc/>
    public override string Name => nameof(FrozenConvolution);

    /// <summary>Whether this form takes a convolution.</summary>
    internal static bool Takes(Tensor input, Tensor weight, Tensor? bias) =>
        input.device_type == TorchSharp.DeviceType.CPU && input.dtype is ScalarType.Float32 or ScalarType.BFloat16 &&
        !weight.requires_grad && bias is not { requires_grad: true };

    /// <param name="input">[N, C, H, W]</param>
    /// <param name="weight">[O, C, k, k]</param>
    /// <param name="bias">[O] or null.</param>
    /// <param name="strides">Of height and width.</param>
    /// <param name="padding">Of height and width.</param>
    internal static Tensor Apply(Tensor input, Tensor weight, Tensor? bias, long[] strides, long[] padding)
    {
        if (is_grad_enabled() && input.requires_grad) return apply(input, weight, bias!, new Call(input.shape, strides, padding));
        using var guard = no_grad();
        return Compute(input, weight, bias, strides, padding);
    }

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (weight, call) = ((Tensor)vars[1], (Call)vars[3]);
        BackwardFaults.Watch(ctx);
        ctx.save_for_backward([weight]);
        ctx.save_data(Arguments, call);
        return Compute((Tensor)vars[0], weight, (Tensor?)vars[2], call.Strides, call.Padding);
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var weight = ctx.get_saved_variables()[0];
        var call = (Call)ctx.get_data(Arguments);
        Tensor gradient;
        try
        {
            var given = grad_output.to(weight.dtype);
            gradient = ColumnProduct.Pays(call.Shape, weight, call.Strides, call.Padding)
                ? ColumnProduct.Backward(given, weight) : Conv2d.Transposed(given, weight, call.Shape, call.Strides, call.Padding);
        }
        catch (Exception e)
        {
            // It must not unwind through libtorch; the caller throws it after backward().
            BackwardFaults.Record(ctx, e);
            gradient = zeros(call.Shape, weight.dtype);
        }

        grad_output.Dispose();
        return ReturnedGradients.Keep([gradient.MoveToOuterDisposeScope(), null!, null!, null!]);
    }

    private static Tensor Compute(Tensor input, Tensor weight, Tensor? bias, long[] strides, long[] padding) =>
        ColumnProduct.Pays(input.shape, weight, strides, padding)
            ? ColumnProduct.Forward(input, weight, bias) : Conv2d.Direct(input, weight, bias, strides, padding);

    private sealed record Call(long[] Shape, long[] Strides, long[] Padding);
}
