using StyleProtect.Artworks;
using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Perception;

/// <summary>A picture as the tensor that models take.</summary>
internal static class PicturePlanes
{
    /// <summary>The whole picture, 3 × H × W in [−1, 1], fp32.</summary>
    internal static Tensor Of(Artwork artwork)
    {
        using var scope = NewDisposeScope();
        return tensor(artwork.ToPlanarRgb(), 3, artwork.Height, artwork.Width).Div(127.5).Sub(1).MoveToOuterDisposeScope();
    }
}
