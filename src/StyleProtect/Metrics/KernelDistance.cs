using System.Numerics.Tensors;

namespace StyleProtect.Metrics;

/// <summary>
/// Squared maximum mean discrepancy of two sets of features with the kernel (x·y/width + 1)³, unbiased (Bińkowski et al. 2018: the KID, there with Inception's
/// features). All pairs
/// are used; there are no random subsets.
/// </summary>
public static class KernelDistance
{
    /// <summary>Distance of two sets.</summary>
    /// <param name="a">[N, width], row by row; at least two rows.</param>
    /// <param name="b">[M, width].</param>
    /// <param name="width">Features a picture.</param>
    /// <returns>About 0 for sets of one distribution (it can be a little below 0), larger for others.</returns>
    /// <exception cref="ArgumentException">A set has no whole rows or fewer than two.</exception>
    public static double Compute(ReadOnlySpan<float> a, ReadOnlySpan<float> b, int width) => Compute(FeatureSet.Widen(a), FeatureSet.Widen(b), width);

    /// <inheritdoc cref="Compute(ReadOnlySpan{float}, ReadOnlySpan{float}, int)"/>
    public static double Compute(ReadOnlySpan<double> a, ReadOnlySpan<double> b, int width)
    {
        var (n, m) = (FeatureSet.Count(a.Length, width, nameof(a)), FeatureSet.Count(b.Length, width, nameof(b)));
        return Within(a, n, width) + Within(b, m, width) - (2 * Across(a, n, b, m, width));
    }

    /// <summary>Mean kernel of two different pictures of a set.</summary>
    private static double Within(ReadOnlySpan<double> set, int count, int width)
    {
        var sum = 0.0;
        for (var i = 0; i < count; i++)
            for (var j = 0; j < i; j++) sum += Kernel(set.Slice(i * width, width), set.Slice(j * width, width));
        return 2 * sum / ((double)count * (count - 1));
    }

    private static double Across(ReadOnlySpan<double> a, int n, ReadOnlySpan<double> b, int m, int width)
    {
        var sum = 0.0;
        for (var i = 0; i < n; i++)
            for (var j = 0; j < m; j++) sum += Kernel(a.Slice(i * width, width), b.Slice(j * width, width));
        return sum / ((double)n * m);
    }

    private static double Kernel(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        var k = (TensorPrimitives.Dot(x, y) / x.Length) + 1;
        return k * k * k;
    }
}
