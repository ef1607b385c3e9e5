using StyleProtect.Artworks;
using StyleProtect.Runtime.Views;

namespace StyleProtect.Attacks.Purification;

/// <summary>Down and up again, with Pillow's resampling (equal in every sample), which is what training scripts use.</summary>
internal static class Resizing
{
    /// <summary>To a share of the size and back.</summary>
    internal static Artwork DownAndUp(Artwork artwork, double factor, ResamplingFilter filter)
    {
        var (width, height) = (Scaled(artwork.Width, factor), Scaled(artwork.Height, factor));
        var small = Resize(artwork.ToPlanarRgb(), artwork.Width, artwork.Height, width, height, filter);
        return artwork.WithPlanarRgb(Resize(small, width, height, artwork.Width, artwork.Height, filter));
    }

    /// <summary>The central part of the picture, enlarged to its size.</summary>
    internal static Artwork CropAndEnlarge(Artwork artwork, double share)
    {
        var (width, height) = (Scaled(artwork.Width, share), Scaled(artwork.Height, share));
        var (left, top) = ((artwork.Width - width) / 2, (artwork.Height - height) / 2);
        var planar = artwork.ToPlanarRgb();
        var part = new float[3 * width * height];
        for (var c = 0; c < 3; c++)
            for (var y = 0; y < height; y++)
                planar.AsSpan((((c * artwork.Height) + top + y) * artwork.Width) + left, width).CopyTo(part.AsSpan(((c * height) + y) * width));
        return artwork.WithPlanarRgb(Resize(part, width, height, artwork.Width, artwork.Height));
    }

    /// <summary>Three planes at another size; samples are rounded to whole numbers.</summary>
    internal static float[] Resize(
        ReadOnlySpan<float> planar, int width, int height, int newWidth, int newHeight, ResamplingFilter filter = ResamplingFilter.Lanczos)
    {
        var result = new float[3 * newWidth * newHeight];
        for (var c = 0; c < 3; c++)
            PillowResize.Resize(planar.Slice(c * width * height, width * height), width, height, newWidth, newHeight, filter)
                .CopyTo(result, c * newWidth * newHeight);
        return result;
    }

    private static int Scaled(int side, double factor) => Math.Max(1, (int)Math.Round(side * factor));
}
