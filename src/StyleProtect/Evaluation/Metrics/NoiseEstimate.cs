using StyleProtect.Artworks;

namespace StyleProtect.Evaluation.Metrics;

/// <summary>
/// Immerkær's noise estimate (1996): σ = √(π/2)·Σ|I ∗ N| / (6·(W − 2)·(H − 2)) with N = [1 −2 1; −2 4 −2; 1 −2 1], on the luma, mean over the pictures. The
/// mask does not see flat
/// colours, ramps and straight edges, so that it grows with grain, crumbs and torn shapes. It needs no weights.
/// </summary>
internal sealed class NoiseEstimate : IGenerationMetric
{
    internal const string Key = "noise";

    public MetricInfo Info { get; } = new(
        Key, "noise (Immerkær σ)", "Standard deviation of the noise in the pictures by Immerkær's estimate, in 8-bit steps: " +
        "grain, crumbs and torn shapes raise it, clean areas and edges do not.")
    { Format = "0.00" };

    public double? Compute(GeneratedPictures generated) => generated.Pictures.Average(Of);

    /// <summary>σ of one picture in 8-bit steps.</summary>
    internal static double? Of(Artwork artwork)
    {
        var p = PixelPlane.Of(artwork);
        if (p.Width < 3 || p.Height < 3) return null;
        double sum = 0;
        for (var y = 1; y < p.Height - 1; y++)
            for (var x = 1; x < p.Width - 1; x++) sum += Math.Abs(Row(p, x, y - 1) - (2 * Row(p, x, y)) + Row(p, x, y + 1));
        return Math.Sqrt(Math.PI / 2) * sum / (6.0 * (p.Width - 2) * (p.Height - 2));
    }

    private static float Row(PixelPlane p, int x, int y) => p[x - 1, y] - (2 * p[x, y]) + p[x + 1, y];
}
