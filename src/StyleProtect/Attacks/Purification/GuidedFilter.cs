using System.Numerics.Tensors;

namespace StyleProtect.Attacks.Purification;

/// <summary>Guided filter with a colour guide (He, Sun and Tang 2010): in every window the result is an affine function of the guide.</summary>
internal sealed class GuidedFilter
{
    private const float Middle = 127.5f; // moments of values around zero keep more digits

    private static readonly (int A, int B)[] s_pairs = [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)];

    private readonly int _width;
    private readonly int _height;
    private readonly int _radius;
    private readonly float[][] _guide;
    private readonly float[][] _means;
    private readonly float[][] _inverse;

    /// <param name="guide">Three planes from 0 to 255.</param>
    /// <param name="width">Width.</param>
    /// <param name="height">Height.</param>
    /// <param name="radius">Of the square window, in pixels.</param>
    /// <param name="epsilon">Variance below which a window is flat, in squared 8-bit steps.</param>
    internal GuidedFilter(ReadOnlySpan<float> guide, int width, int height, int radius, double epsilon)
    {
        (_width, _height, _radius) = (width, height, radius);
        _guide = Split(guide);
        _means = [.. _guide.Select(Mean)];
        _inverse = [.. s_pairs.Select(p => Covariance(_guide[p.A], _guide[p.B], _means[p.A], _means[p.B]))];
        Invert((float)epsilon);
    }

    /// <summary>Filters three planes.</summary>
    internal float[] Apply(ReadOnlySpan<float> planar)
    {
        var plane = _width * _height;
        var result = new float[planar.Length];
        var channels = Split(planar);
        Parallel.For(0, 3, c => Channel(channels[c], result.AsSpan(c * plane, plane)));
        return result;
    }

    private void Channel(float[] source, Span<float> result)
    {
        var mean = Mean(source);
        float[][] covariance = [.. Enumerable.Range(0, 3).Select(g => Covariance(_guide[g], source, _means[g], mean))];
        float[][] slopes = [new float[mean.Length], new float[mean.Length], new float[mean.Length]];
        for (var i = 0; i < mean.Length; i++)
        {
            var (x, y, z) = (covariance[0][i], covariance[1][i], covariance[2][i]);
            slopes[0][i] = (_inverse[0][i] * x) + (_inverse[1][i] * y) + (_inverse[2][i] * z);
            slopes[1][i] = (_inverse[1][i] * x) + (_inverse[3][i] * y) + (_inverse[4][i] * z);
            slopes[2][i] = (_inverse[2][i] * x) + (_inverse[4][i] * y) + (_inverse[5][i] * z);
            mean[i] -= (slopes[0][i] * _means[0][i]) + (slopes[1][i] * _means[1][i]) + (slopes[2][i] * _means[2][i]);
        }

        Mean(mean).CopyTo(result);
        for (var g = 0; g < 3; g++) TensorPrimitives.MultiplyAdd<float>(Mean(slopes[g]), _guide[g], result, result);
        TensorPrimitives.Add(result, Middle, result);
    }

    private float[] Covariance(float[] a, float[] b, float[] meanA, float[] meanB)
    {
        var product = new float[a.Length];
        TensorPrimitives.Multiply<float>(a, b, product);
        var result = Mean(product);
        TensorPrimitives.Multiply<float>(meanA, meanB, product);
        TensorPrimitives.Subtract<float>(result, product, result);
        return result;
    }

    /// <summary>Inverts the 3 × 3 covariance of every window, made positive by epsilon.</summary>
    private void Invert(float epsilon)
    {
        for (var i = 0; i < _inverse[0].Length; i++)
        {
            double a = _inverse[0][i] + epsilon, b = _inverse[1][i], c = _inverse[2][i];
            double d = _inverse[3][i] + epsilon, e = _inverse[4][i], f = _inverse[5][i] + epsilon;
            double aa = (d * f) - (e * e), ab = (c * e) - (b * f), ac = (b * e) - (c * d);
            var determinant = (a * aa) + (b * ab) + (c * ac);
            _inverse[0][i] = (float)(aa / determinant);
            _inverse[1][i] = (float)(ab / determinant);
            _inverse[2][i] = (float)(ac / determinant);
            _inverse[3][i] = (float)(((a * f) - (c * c)) / determinant);
            _inverse[4][i] = (float)(((b * c) - (a * e)) / determinant);
            _inverse[5][i] = (float)(((a * d) - (b * b)) / determinant);
        }
    }

    private float[] Mean(float[] plane) => BoxMean.Of(plane, _width, _height, _radius);

    private float[][] Split(ReadOnlySpan<float> planar)
    {
        var plane = _width * _height;
        var channels = new float[3][];
        for (var c = 0; c < 3; c++)
        {
            channels[c] = planar.Slice(c * plane, plane).ToArray();
            TensorPrimitives.Subtract(channels[c], Middle, channels[c]);
        }

        return channels;
    }
}
