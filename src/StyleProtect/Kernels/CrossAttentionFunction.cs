using static TorchSharp.torch;

namespace StyleProtect.Kernels;

/// <summary>Autograd around an <see cref="IAttentionCore"/>. Keeps q, k and v only; the backward pass computes the probabilities again.</summary>
internal sealed class CrossAttentionFunction : autograd.SingleTensorFunction<CrossAttentionFunction>
{
    private const string Scale = "scale", Arguments = "arguments";

    /// <inheritdoc/>
    public override string Name => nameof(CrossAttentionFunction);

    /// <summary>Calls a core, with a graph when one is being recorded.</summary>
    internal static Tensor Apply(IAttentionCore core, Tensor q, Tensor k, Tensor v, double scale, AttentionCapture? capture) =>
        is_grad_enabled() && (q.requires_grad || k.requires_grad || v.requires_grad)
            ? apply(q, k, v, (float)scale, new Call(core, capture))
            : Compute(core, q, k, v, (float)scale, capture);

    internal static AttentionShape ShapeOf(Tensor q, Tensor k) => new((int)q.shape[0], (int)q.shape[1], (int)q.shape[2], (int)k.shape[2], (int)q.shape[3]);

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (q, k, v, scale, call) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2], (float)vars[3], (Call)vars[4]);
        BackwardFaults.Watch(ctx);
        ctx.save_for_backward([q, k, v]);
        ctx.save_data(Scale, scale);
        ctx.save_data(Arguments, call);
        return Compute(call.Core, q, k, v, scale, call.Capture);
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        var scale = (float)ctx.get_data(Scale);
        var call = (Call)ctx.get_data(Arguments);
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var saved = ctx.get_saved_variables();
        var (q, k, v) = (saved[0], saved[1], saved[2]);
        Tensor dq = Heads(q), dk = Heads(k), dv = Heads(v);
        try
        {
            // A gradient such as that of a sum arrives with strides of 0.
            var gradient = grad_output.dtype == q.dtype ? grad_output : grad_output.to(q.dtype);
            if (gradient.stride(3) != 1) gradient = gradient.contiguous();
            call.Core.Backward(q, k, v, scale, gradient, dq, dk, dv);
        }
        catch (Exception e)
        {
            // It must not unwind through libtorch; the caller throws it after backward().
            BackwardFaults.Record(ctx, e);
            foreach (var t in (Tensor[])[dq, dk, dv]) t.zero_();
        }

        grad_output.Dispose();
        return ReturnedGradients.Keep([dq.MoveToOuterDisposeScope(), dk.MoveToOuterDisposeScope(), dv.MoveToOuterDisposeScope(), null!, null!]);
    }

    private static Tensor Compute(IAttentionCore core, Tensor q, Tensor k, Tensor v, float scale, AttentionCapture? capture)
    {
        using var guard = no_grad();
        var output = Heads(q);
        if (capture is not null)
        {
            capture.TokenMass = zeros([q.shape[0], k.shape[2]], dtype: float32, device: q.device);
            capture.HeadNorm = zeros([q.shape[0], q.shape[1]], dtype: float32, device: q.device);
        }

        core.Forward(q, k, v, scale, output, capture?.TokenMass, capture?.HeadNorm);
        return output;
    }

    /// <summary>An unset [B,H,L,D] tensor with the memory order [B,L,H,D]: merging the heads is then a view.</summary>
    internal static Tensor Heads(Tensor like)
    {
        var s = like.shape;
        return empty([s[0], s[2], s[1], s[3]], dtype: like.dtype, device: like.device).transpose(1, 2);
    }

    private sealed record Call(IAttentionCore Core, AttentionCapture? Capture);
}
