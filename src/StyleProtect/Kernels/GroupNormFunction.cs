using static TorchSharp.torch;

namespace StyleProtect.Kernels;

/// <summary>
/// Autograd around an <see cref="IGroupNormCore"/>. Keeps the input and two numbers of each image and group; the backward pass computes the rest again.
/// </summary>
internal sealed class GroupNormFunction : autograd.SingleTensorFunction<GroupNormFunction>
{
    private const string Arguments = "arguments";

    /// <inheritdoc/>
    public override string Name => nameof(GroupNormFunction);

    /// <summary>Calls a core, with a graph when one is being recorded.</summary>
    internal static Tensor Apply(IGroupNormCore core, Tensor input, Tensor weight, Tensor bias, GroupNormSettings settings)
    {
        var call = new Call(core, settings, weight.requires_grad || bias.requires_grad);
        if (is_grad_enabled() && (input.requires_grad || call.NeedsWeights)) return apply(input, weight, bias, call);
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        return Compute(call, input, weight, bias, Statistics(input, settings)).MoveToOuterDisposeScope();
    }

    /// <summary>libtorch's own operations, for every type, layout and device.</summary>
    internal static Tensor Expression(Tensor input, Tensor weight, Tensor bias, GroupNormSettings settings)
    {
        using var scope = NewDisposeScope();
        Tensor w = weight.to(input.dtype), b = bias.to(input.dtype);
        if (input.numel() == 0)
        {
            // libtorch's gradients of the weights would be NaN without positions; these are 0.
            long[] channels = [1, input.shape[1], .. Enumerable.Repeat(1L, (int)input.dim() - 2)];
            return (input * w.view(channels)).Add(b.view(channels)).MoveToOuterDisposeScope();
        }

        var normalised = nn.functional.group_norm(input, settings.Groups, w, b, settings.Eps);
        return (settings.Silu ? nn.functional.silu(normalised) : normalised).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (input, weight, bias, call) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2], (Call)vars[3]);
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        // Saved when this method has returned: it must outlive this method's scope.
        var statistics = Statistics(input, call.Settings).MoveToOuterDisposeScope();
        var output = Compute(call, input, weight, bias, statistics);
        BackwardFaults.Watch(ctx);
        ctx.save_for_backward([input, weight, bias, statistics]);
        ctx.save_data(Arguments, call);
        return output.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        var call = (Call)ctx.get_data(Arguments);
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        var saved = ctx.get_saved_variables();
        var (input, weight, bias, statistics) = (saved[0], saved[1], saved[2], saved[3]);
        var dx = MapOrder.Like(input);
        // An empty batch leaves them 0.
        Tensor? dw = call.NeedsWeights ? zeros(weight.shape, float32, input.device) : null, db = call.NeedsWeights
            ? zeros(bias.shape, float32, input.device) : null;
        try
        {
            var gradient = MapOrder.As(grad_output.to(input.dtype), input);
            if (input.numel() > 0) call.Core.Backward(input, gradient, dx, Single(weight), Single(bias), statistics, dw, db, call.Settings);
        }
        catch (Exception e)
        {
            // It must not unwind through libtorch; the caller throws it after backward().
            BackwardFaults.Record(ctx, e);
            foreach (var t in (Tensor?[])[dx, dw, db]) t?.zero_();
        }

        grad_output.Dispose();
        return ReturnedGradients.Keep([dx.MoveToOuterDisposeScope(), dw?.to(weight.dtype).MoveToOuterDisposeScope()!,
            db?.to(bias.dtype).MoveToOuterDisposeScope()!, null!]);
    }

    private static Tensor Compute(Call call, Tensor input, Tensor weight, Tensor bias, Tensor statistics)
    {
        var output = MapOrder.Like(input);
        if (input.numel() > 0) call.Core.Forward(input, output, Single(weight), Single(bias), statistics, call.Settings);
        return output;
    }

    private static Tensor Statistics(Tensor input, GroupNormSettings settings) => empty([input.shape[0], settings.Groups, 2], float32, input.device);

    private static Tensor Single(Tensor t) => t.to(float32).contiguous();

    private sealed record Call(IGroupNormCore Core, GroupNormSettings Settings, bool NeedsWeights);
}
