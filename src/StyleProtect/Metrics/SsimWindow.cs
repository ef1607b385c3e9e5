namespace StyleProtect.Metrics;

/// <summary>The window within which <see cref="StructuralSimilarity"/> takes means and variances.</summary>
public sealed record SsimWindow
{
    private SsimWindow(int size, double? sigma)
    {
        Size = size;
        Sigma = sigma;
    }

    /// <summary>7 × 7, every pixel weighs the same, sample variance (n−1): scikit-image's default.</summary>
    public static SsimWindow Default { get; } = new(7, null);

    /// <summary>
    /// 11 × 11 Gaussian weights, σ = 1.5, population variance (n): Wang et al. 2004, scikit-image's <c>gaussian_weights=True, use_sample_covariance=False</c>.
    /// </summary>
    public static SsimWindow Gaussian { get; } = new(11, 1.5);

    /// <summary>Side in pixels; odd.</summary>
    public int Size { get; }

    /// <summary>Standard deviation of Gaussian weights in pixels, or null for equal weights.</summary>
    public double? Sigma { get; }

    /// <summary>A square window with equal weights and sample variance (n−1).</summary>
    /// <param name="size">Side in pixels; odd, at least 3, no larger than the picture's shorter side.</param>
    /// <returns>The window.</returns>
    /// <exception cref="ArgumentException">The size is even or below 3.</exception>
    public static SsimWindow Uniform(int size)
    {
        if (size < 3 || size % 2 == 0) throw new ArgumentException($"An SSIM window's side is odd and at least 3, not {size}.", nameof(size));
        return new SsimWindow(size, null);
    }

    /// <summary>
    /// The quasi-global window of the StyleProtect paper: 511 × 511 with equal weights, or the largest odd window that fits into a smaller picture.
    /// </summary>
    /// <param name="width">The picture's width, at least 3.</param>
    /// <param name="height">The picture's height, at least 3.</param>
    /// <returns>The window.</returns>
    /// <exception cref="ArgumentException">A side is below 3.</exception>
    public static SsimWindow QuasiGlobal(int width, int height)
    {
        var side = Math.Min(width, height);
        return Uniform(Math.Min(511, side % 2 == 0 ? side - 1 : side));
    }
}
