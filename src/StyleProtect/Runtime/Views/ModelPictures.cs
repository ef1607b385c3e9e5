using StyleProtect.Artworks;
using StyleProtect.Kernels;
using StyleProtect.Perception;
using static TorchSharp.torch;

namespace StyleProtect.Runtime.Views;

/// <summary>Artworks as tensors that a model reads.</summary>
internal static class ModelPictures
{
    /// <summary>The opacity of an artwork, [1, H, W] in [0, 1]; null where it has none.</summary>
    internal static Tensor? Alpha(Artwork artwork, Device device)
    {
        if (!artwork.HasAlpha) return null;
        var values = new float[artwork.Width * artwork.Height];
        float full = (1 << artwork.BitDepth) - 1;
        var source = artwork.Alpha;
        for (var i = 0; i < values.Length; i++) values[i] = source[i] / full;
        return tensor(values, [1, artwork.Height, artwork.Width], device: device);
    }

    /// <summary>Samples as they are seen, transparent parts over white: x·α + (1 − α). A tensor of its own.</summary>
    internal static Tensor OverWhite(Tensor samples, Tensor? alpha) => alpha is null ? samples.alias() : (samples * alpha).Add(alpha.Rsub(1));

    /// <summary>An artwork's largest central square at a size, over white, [3, size, size] in [−1, 1].</summary>
    internal static Tensor CentralSquare(Artwork artwork, int size, Device device)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        var side = Math.Min(artwork.Width, artwork.Height);
        var part = new PixelRectangle((artwork.Width - side) / 2, (artwork.Height - side) / 2, side, side);
        using var crop = new Crop(part, size, size, ResamplingFilter.Bicubic, device);
        return crop.Apply(OverWhite(PicturePlanes.Of(artwork).to(device).contiguous(), Alpha(artwork, device))).MoveToOuterDisposeScope();
    }
}
