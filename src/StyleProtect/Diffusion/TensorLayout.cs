using static TorchSharp.torch;

namespace StyleProtect.Diffusion;

/// <summary>Memory layouts. TorchSharp's <c>to</c> has no memory format.</summary>
internal static class TensorLayout
{
    /// <summary>[N, C, H, W] stored as N, H, W, C: convolutions and norms keep that layout and are faster in it.</summary>
    internal static Tensor ChannelsLast(Tensor t)
    {
        using var scope = NewDisposeScope();
        return t.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }
}
