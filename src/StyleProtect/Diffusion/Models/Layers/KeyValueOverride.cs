using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Diffusion.Models.Layers;

/// <summary>
/// fp32 K and V weights that stand in for a layer's frozen ones while they are trained, as in the Custom Diffusion processor of the
/// official scripts: no gradient reaches the weights through the first text token.
/// </summary>
internal sealed class KeyValueOverride(Tensor key, Tensor value)
{
    internal Tensor Key { get; } = key;

    internal Tensor Value { get; } = value;

    internal (Tensor Key, Tensor Value) Project(Tensor context)
    {
        using var scope = NewDisposeScope();
        var source = context.to(Key.dtype);
        var k = WithoutFirstTokensGradient(functional.linear(source, Key, null)).to(context.dtype);
        var v = WithoutFirstTokensGradient(functional.linear(source, Value, null)).to(context.dtype);
        return (k.MoveToOuterDisposeScope(), v.MoveToOuterDisposeScope());
    }

    private static Tensor WithoutFirstTokensGradient(Tensor t) =>
        cat([t.narrow(1, 0, 1).detach(), t.narrow(1, 1, t.shape[1] - 1)], 1);
}
