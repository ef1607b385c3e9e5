using StyleProtect.Artworks;
using StyleProtect.Diffusion;
using StyleProtect.Kernels;
using StyleProtect.Perception;
using StyleProtect.Runtime.Views;
using static TorchSharp.torch;

namespace StyleProtect.Attacks.Mimicry;

/// <summary>Between pictures and a model's tensors, as training scripts do it: the short side to the model's size, then a square crop.</summary>
internal static class MimicryPictures
{
    /// <summary>A square of the picture at the model's size, 3 × S × S in [−1, 1].</summary>
    /// <param name="position">Where the square lies along the longer side, 0 to 1; 0.5 is the centre.</param>
    internal static Tensor Square(Artwork artwork, LatentDiffusionModel model, double position)
    {
        using var scope = NewDisposeScope();
        var side = Math.Min(artwork.Width, artwork.Height);
        var rectangle = new PixelRectangle((int)((artwork.Width - side) * position), (int)((artwork.Height - side) * position), side, side);
        using var view = new Crop(rectangle, model.PictureSize, model.PictureSize, ResamplingFilter.Bicubic, model.Device);
        return view.Apply(PicturePlanes.Of(artwork).to(model.Device)).Clamp(-1, 1).MoveToOuterDisposeScope();
    }

    /// <summary>8-bit pictures of N × 3 × H × W values in [−1, 1].</summary>
    internal static IReadOnlyList<Artwork> Artworks(Tensor pictures)
    {
        using var scope = NewDisposeScope();
        var bytes = pictures.Mul(127.5).Add(127.5).round().Clamp(0, 255).to(uint8).permute(0, 2, 3, 1).contiguous().cpu();
        var (width, height) = ((int)pictures.shape[3], (int)pictures.shape[2]);
        return [.. Enumerable.Range(0, (int)pictures.shape[0]).Select(i => Artwork.FromRgb24(bytes[i].contiguous().data<byte>().ToArray(), width, height))];
    }
}
