using StyleProtect.Artworks;

namespace StyleProtect.Metrics;

/// <summary>The built-in picture metrics. All are computed on the red, green and blue samples in 8-bit units; alpha is not compared.</summary>
public static class PictureMetrics
{
    /// <summary>
    /// Peak signal-to-noise ratio in dB over all samples; infinite for equal pictures. See
    /// <see cref="ImageDifference.Psnr(ReadOnlySpan{float}, ReadOnlySpan{float}, double)"/>.
    /// </summary>
    public static IPictureMetric Psnr { get; } =
        new PlanarMetric("PSNR", "Peak signal-to-noise ratio over all samples.", "dB", true, (a, b, _, _) => ImageDifference.Psnr(a, b));

    /// <summary>Structural similarity, at most 1, with a window of 7 × 7; not defined for smaller pictures. See <see cref="StructuralSimilarity"/>.</summary>
    public static IPictureMetric Ssim { get; } =
        new PlanarMetric("SSIM", "Structural similarity; 1 is the same picture.", "", true, SsimOf, SsimWindow.Default.Size);

    /// <summary>Largest change of a sample in 8-bit steps. See <see cref="ImageDifference.LInfinity(ReadOnlySpan{float}, ReadOnlySpan{float})"/>.</summary>
    public static IPictureMetric LInfinity { get; } =
        new PlanarMetric("L-infinity", "Largest change of a sample, in 8-bit steps.", "", false, (a, b, _, _) => ImageDifference.LInfinity(a, b));

    /// <summary>
    /// Multi-scale structural similarity, 0 to 1; not defined for pictures with a side below 176 pixels. See <see cref="MultiScaleSimilarity"/>.
    /// </summary>
    public static IPictureMetric MsSsim { get; } = new PlanarMetric(
        "MS-SSIM", "Structural similarity on five scales; 1 is the same picture.", "", true, MsSsimOf, MultiScaleSimilarity.SmallestSide);

    /// <summary><see cref="Psnr"/>, <see cref="Ssim"/> and <see cref="LInfinity"/>.</summary>
    public static IReadOnlyList<IPictureMetric> Default { get; } = [Psnr, Ssim, LInfinity];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<IPictureMetric> All { get; } = [Psnr, Ssim, LInfinity, MsSsim];

    /// <summary>Checks a list of metrics before anything is computed.</summary>
    /// <exception cref="ArgumentException">A metric is null or has no name, or two have the same name.</exception>
    internal static void Validate(IReadOnlyList<IPictureMetric> metrics)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < metrics.Count; i++)
        {
            if (metrics[i] is null) throw new ArgumentException($"Picture metric {i + 1} of {metrics.Count} is null.", nameof(metrics));
            if (string.IsNullOrWhiteSpace(metrics[i].Name))
                throw new ArgumentException($"The picture metric {metrics[i].GetType()} has no name.", nameof(metrics));
            if (!names.Add(metrics[i].Name)) throw new ArgumentException($"Two picture metrics have the name '{metrics[i].Name}'.", nameof(metrics));
        }
    }

    /// <summary>Computes metrics of one picture.</summary>
    /// <param name="metrics">The metrics, with distinct names.</param>
    /// <param name="original">The original.</param>
    /// <param name="changed">The changed picture, of the same size.</param>
    /// <param name="picture">What messages call the picture: a file's name or its number.</param>
    /// <returns>The values by the metrics' names, in the metrics' order; a metric that is not defined for the picture is not among them.</returns>
    /// <exception cref="InvalidOperationException">A metric failed or gave NaN; the message names metric and picture.</exception>
    internal static IReadOnlyDictionary<string, double> Compute(IReadOnlyList<IPictureMetric> metrics, Artwork original, Artwork changed, string picture)
    {
        var values = new OrderedDictionary<string, double>(metrics.Count, StringComparer.Ordinal);
        foreach (var metric in metrics)
            if (Value(metric, original, changed, picture) is { } value) values.Add(metric.Name, value);
        return values;
    }

    private static double SsimOf(ReadOnlySpan<float> a, ReadOnlySpan<float> b, int width, int height) => StructuralSimilarity.Compute(a, b, width, height);

    private static double MsSsimOf(ReadOnlySpan<float> a, ReadOnlySpan<float> b, int width, int height) => MultiScaleSimilarity.Compute(a, b, width, height);

    private static double? Value(IPictureMetric metric, Artwork original, Artwork changed, string picture)
    {
        double? value;
        try
        {
            value = metric.Compute(original, changed);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new InvalidOperationException($"The picture metric '{metric.Name}' failed on {picture}: {e.Message}", e);
        }

        return value is double.NaN
            ? throw new InvalidOperationException($"The picture metric '{metric.Name}' gave NaN for {picture}; null says that there is no value.")
            : value;
    }

    private delegate double Planes(ReadOnlySpan<float> original, ReadOnlySpan<float> changed, int width, int height);

    /// <summary>A metric of planar samples.</summary>
    /// <param name="smallest">Shortest side for which it is defined.</param>
    private sealed class PlanarMetric(string name, string description, string unit, bool higherIsMoreSimilar, Planes compute, int smallest = 1) : IPictureMetric
    {
        public string Name => name;

        public string Description => description;

        public string Unit => unit;

        public bool HigherIsMoreSimilar => higherIsMoreSimilar;

        public double? Compute(Artwork original, Artwork changed)
        {
            ArgumentNullException.ThrowIfNull(original);
            ArgumentNullException.ThrowIfNull(changed);
            if ((original.Width, original.Height) != (changed.Width, changed.Height))
                throw new ArgumentException(
                    $"The changed picture is {changed.Width} × {changed.Height}, its original {original.Width} × {original.Height}.", nameof(changed));
            return Math.Min(original.Width, original.Height) < smallest
                ? null
                : compute(original.ToPlanarRgb(), changed.ToPlanarRgb(), original.Width, original.Height);
        }
    }
}
