using StyleProtect.Artworks;

namespace StyleProtect.Evaluation.Metrics;

/// <summary>The luma of a picture (BT.601) in 8-bit steps, row by row.</summary>
internal readonly record struct PixelPlane(float[] Values, int Width, int Height)
{
    internal static PixelPlane Of(Artwork artwork)
    {
        var planar = artwork.ToPlanarRgb();
        var area = artwork.Width * artwork.Height;
        var luma = new float[area];
        for (var i = 0; i < area; i++) luma[i] = (0.299f * planar[i]) + (0.587f * planar[area + i]) + (0.114f * planar[(2 * area) + i]);
        return new PixelPlane(luma, artwork.Width, artwork.Height);
    }

    internal float this[int x, int y] => Values[(y * Width) + x];
}
