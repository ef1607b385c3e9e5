using System.Numerics.Tensors;

namespace StyleProtect.Metrics;

/// <summary>Checks and conversions of feature arrays [N, width].</summary>
internal static class FeatureSet
{
    /// <summary>Number of rows.</summary>
    /// <exception cref="ArgumentException">The array has no whole rows, or fewer than two.</exception>
    internal static int Count(int length, int width, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        if (length % width != 0) throw new ArgumentException($"{length} values are not whole rows of {width} features.", name);
        return length / width >= 2
            ? length / width
            : throw new ArgumentException($"A set of {length / width} pictures has no distribution; at least two are needed.", name);
    }

    internal static double[] Widen(ReadOnlySpan<float> features)
    {
        var wide = new double[features.Length];
        TensorPrimitives.ConvertTruncating(features, wide);
        return wide;
    }
}
