using NetVips;
using StyleProtect.Artworks;

namespace StyleProtect.Attacks.Purification;

/// <summary>Filters that need no model, on whole artworks.</summary>
internal static class Smoothing
{
    internal static Artwork Blur(Artwork artwork, double sigma) => Planar.OnImage(artwork, i => i.Gaussblur(sigma, precision: Enums.Precision.Float));

    internal static Artwork Median(Artwork artwork, int size) => Planar.OnImage(artwork, i => i.Median(size));

    internal static Artwork Bilateral(Artwork artwork, int diameter, double sigmaColour, double sigmaSpace) =>
        artwork.WithPlanarRgb(new BilateralFilter(artwork.Width, artwork.Height, diameter, sigmaColour, sigmaSpace).Apply(artwork.ToPlanarRgb(), 1));

    /// <summary>The picture guides itself.</summary>
    internal static Artwork Guided(Artwork artwork, int radius, double epsilon)
    {
        var planar = artwork.ToPlanarRgb();
        return artwork.WithPlanarRgb(new GuidedFilter(planar, artwork.Width, artwork.Height, radius, epsilon).Apply(planar));
    }

    /// <summary>
    /// AdverseCleaner as published (2023): 64 bilateral filters with diameter 5, σ 8 and 8, then four guided filters of radius 4 and ε 16 with the picture
    /// itself as the guide. Samples are rounded at the end, where the script cuts their fractions off.
    /// </summary>
    internal static Artwork AdverseCleaner(Artwork artwork)
    {
        var original = artwork.ToPlanarRgb();
        var planar = new BilateralFilter(artwork.Width, artwork.Height, 5, 8, 8).Apply(original, 64);
        var guided = new GuidedFilter(original, artwork.Width, artwork.Height, 4, 16);
        for (var i = 0; i < 4; i++) planar = guided.Apply(planar);
        return artwork.WithPlanarRgb(planar);
    }

    internal static Artwork Quantise(Artwork artwork, int bits)
    {
        var planar = artwork.ToPlanarRgb();
        var levels = (1 << bits) - 1;
        for (var i = 0; i < planar.Length; i++) planar[i] = MathF.Round(planar[i] / 255 * levels) * 255 / levels;
        return artwork.WithPlanarRgb(planar);
    }
}
