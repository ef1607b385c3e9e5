using System.Numerics.Tensors;

namespace StyleProtect.Metrics;

/// <summary>
/// Distance of the correlations between the feature maps of a network's layer: the style loss of Gatys et al. (2016), with Gram matrices divided by channels ×
/// height × width.
/// </summary>
public static class GramDistance
{
    /// <summary>The Gram matrix of one picture's feature maps: G[i, j] = Σ Fi·Fj / (channels·height·width).</summary>
    /// <param name="maps">[channels, height·width].</param>
    /// <param name="channels">Number of maps.</param>
    /// <returns>[channels, channels].</returns>
    /// <exception cref="ArgumentException">The values are not whole maps.</exception>
    public static float[] Matrix(ReadOnlySpan<float> maps, int channels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        if (maps.IsEmpty || maps.Length % channels != 0) throw new ArgumentException($"{maps.Length} values are not {channels} maps.", nameof(maps));
        var wide = FeatureSet.Widen(maps);
        var area = maps.Length / channels;
        var matrix = new float[channels * channels];
        for (var i = 0; i < channels; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                var product = TensorPrimitives.Dot<double>(wide.AsSpan(i * area, area), wide.AsSpan(j * area, area));
                matrix[(i * channels) + j] = matrix[(j * channels) + i] = (float)(product / maps.Length);
            }
        }

        return matrix;
    }

    /// <summary>Σ (Ga − Gb)² over all pairs of channels. The pictures may have different sizes.</summary>
    /// <param name="a">Feature maps of one picture, [channels, height·width].</param>
    /// <param name="b">Feature maps of the other.</param>
    /// <param name="channels">Number of maps of both.</param>
    /// <returns>From 0 up; for several layers add them.</returns>
    /// <exception cref="ArgumentException">The values are not whole maps.</exception>
    public static double Compute(ReadOnlySpan<float> a, ReadOnlySpan<float> b, int channels)
    {
        var distance = (double)TensorPrimitives.Distance<float>(Matrix(a, channels), Matrix(b, channels));
        return distance * distance;
    }
}
