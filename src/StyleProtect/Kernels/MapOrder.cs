using static TorchSharp.torch;

namespace StyleProtect.Kernels;

/// <summary>How feature maps [N, C, …] lie in memory: channels first (contiguous), or [N, C, H, W] channels last.</summary>
internal static class MapOrder
{
    /// <summary>A map of one position is dense in both orders; it counts as channels first.</summary>
    internal static bool IsChannelsLast(Tensor t)
    {
        if (t.dim() != 4) return false;
        long c = t.shape[1], h = t.shape[2], w = t.shape[3];
        return h * w > 1 && t.stride(1) == 1 && t.stride(3) == c && t.stride(2) == w * c && (t.shape[0] == 1 || t.stride(0) == h * w * c);
    }

    internal static bool IsDense(Tensor t) => t.is_contiguous() || IsChannelsLast(t);

    /// <summary>An unset tensor of the same shape, type, device and order.</summary>
    internal static Tensor Like(Tensor t) => IsChannelsLast(t)
        ? empty([t.shape[0], t.shape[2], t.shape[3], t.shape[1]], t.dtype, t.device).permute(0, 3, 1, 2)
        : empty(t.shape, t.dtype, t.device);

    /// <summary>A tensor in the order of another one, copied where it is not.</summary>
    internal static Tensor As(Tensor t, Tensor like) =>
        !IsChannelsLast(like) ? t.contiguous() : IsChannelsLast(t) ? t : t.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);
}
