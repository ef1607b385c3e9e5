using StyleProtect.Artworks;
using StyleProtect.Runtime.Views;

namespace StyleProtect.Evaluation.Metrics;

/// <summary>
/// Anisotropic total variation (Rudin, Osher and Fatemi 1992) a pixel of the generated pictures over that of the artist's at the same size: the central square,
/// resampled.
/// </summary>
internal sealed class TotalVariationRatio : IGenerationMetric
{
    public MetricInfo Info { get; } = new(
        "total-variation", "total variation over originals",
        "How much the pictures vary from pixel to pixel, over what the artist's own do at the same size; " +
        "1 is as calm as the artist, far above is garbled, far below washed out.")
    {
        Format = "0.00",
    };

    public double? Compute(GeneratedPictures generated)
    {
        var side = Math.Min(generated.Pictures[0].Width, generated.Pictures[0].Height);
        var artist = generated.Originals.Average(o => Of(Square(PixelPlane.Of(o), side)));
        return artist > 0 ? generated.Pictures.Average(p => Of(PixelPlane.Of(p))) / artist : null;
    }

    /// <summary>Mean of |∂x| + |∂y| in 8-bit steps.</summary>
    internal static double Of(Artwork artwork) => Of(PixelPlane.Of(artwork));

    private static double Of(PixelPlane p)
    {
        double sum = 0;
        for (var y = 0; y < p.Height; y++)
            for (var x = 0; x < p.Width; x++)
                sum += (x > 0 ? Math.Abs(p[x, y] - p[x - 1, y]) : 0) + (y > 0 ? Math.Abs(p[x, y] - p[x, y - 1]) : 0);
        return sum / ((double)p.Width * p.Height);
    }

    /// <summary>The largest square in the middle at another size.</summary>
    private static PixelPlane Square(PixelPlane p, int side)
    {
        var edge = Math.Min(p.Width, p.Height);
        var (left, top) = ((p.Width - edge) / 2, (p.Height - edge) / 2);
        var square = new float[edge * edge];
        for (var y = 0; y < edge; y++) p.Values.AsSpan(((top + y) * p.Width) + left, edge).CopyTo(square.AsSpan(y * edge));
        return new PixelPlane(edge == side ? square : PillowResize.Resize(square, edge, edge, side, side, ResamplingFilter.Box), side, side);
    }
}
