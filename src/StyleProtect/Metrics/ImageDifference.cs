using System.Numerics.Tensors;

namespace StyleProtect.Metrics;

/// <summary>
/// How far two pictures are apart, sample by sample. Works on samples in any order, as long as both have the same; sums are float64. Float samples are in 8-bit
/// units (0 to 255).
/// </summary>
public static class ImageDifference
{
    private const int Chunk = 1024;

    /// <summary>Mean squared error: Σ(a−b)²/n, in squared 8-bit steps.</summary>
    /// <param name="a">Samples of one picture.</param>
    /// <param name="b">Samples of the other.</param>
    /// <returns>The error; 0 when equal.</returns>
    /// <exception cref="ArgumentException">The pictures have different sizes or none.</exception>
    public static double MeanSquaredError(ReadOnlySpan<float> a, ReadOnlySpan<float> b) => SumOfSquares(a, b) / a.Length;

    /// <summary>Mean squared error of 8-bit samples. See <see cref="MeanSquaredError(ReadOnlySpan{float}, ReadOnlySpan{float})"/>.</summary>
    /// <param name="a">Samples of one picture.</param>
    /// <param name="b">Samples of the other.</param>
    /// <returns>The error; 0 when equal.</returns>
    /// <exception cref="ArgumentException">The pictures have different sizes or none.</exception>
    public static double MeanSquaredError(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b) => SumOfSquares(a, b) / a.Length;

    /// <summary>Peak signal-to-noise ratio over all samples: 10·log10(range²/MSE) dB, as in scikit-image.</summary>
    /// <param name="a">Samples of one picture.</param>
    /// <param name="b">Samples of the other.</param>
    /// <param name="dataRange">The range of the samples; 255 by default.</param>
    /// <returns>Decibels; positive infinity when the pictures are equal.</returns>
    /// <exception cref="ArgumentException">The pictures have different sizes or none.</exception>
    public static double Psnr(ReadOnlySpan<float> a, ReadOnlySpan<float> b, double dataRange = 255) => Decibels(MeanSquaredError(a, b), dataRange);

    /// <summary>Peak signal-to-noise ratio of 8-bit samples: 10·log10(255²/MSE) dB.</summary>
    /// <param name="a">Samples of one picture.</param>
    /// <param name="b">Samples of the other.</param>
    /// <returns>Decibels; positive infinity when the pictures are equal.</returns>
    /// <exception cref="ArgumentException">The pictures have different sizes or none.</exception>
    public static double Psnr(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b) => Decibels(MeanSquaredError(a, b), 255);

    /// <summary>Largest change of a sample: max|a−b|, in 8-bit steps.</summary>
    /// <param name="a">Samples of one picture.</param>
    /// <param name="b">Samples of the other.</param>
    /// <returns>The largest change; NaN when a sample is NaN.</returns>
    /// <exception cref="ArgumentException">The pictures have different sizes or none.</exception>
    public static double LInfinity(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        Check(a.Length, b.Length);
        Span<double> x = stackalloc double[Chunk];
        Span<double> y = stackalloc double[Chunk];
        var largest = 0.0;
        for (var at = 0; at < a.Length; at += Chunk)
        {
            var n = Math.Min(Chunk, a.Length - at);
            Difference(a.Slice(at, n), b.Slice(at, n), x[..n], y[..n]);
            largest = Math.Max(largest, Math.Abs(TensorPrimitives.MaxMagnitude<double>(x[..n])));
        }
        return largest;
    }

    /// <summary>Largest change of an 8-bit sample: max|a−b|.</summary>
    /// <param name="a">Samples of one picture.</param>
    /// <param name="b">Samples of the other.</param>
    /// <returns>The largest change, from 0 to 255.</returns>
    /// <exception cref="ArgumentException">The pictures have different sizes or none.</exception>
    public static double LInfinity(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        Check(a.Length, b.Length);
        var largest = 0;
        for (var i = 0; i < a.Length; i++) largest = Math.Max(largest, Math.Abs(a[i] - b[i]));
        return largest;
    }

    /// <summary>Euclidean distance: √Σ(a−b)², in 8-bit steps.</summary>
    /// <param name="a">Samples of one picture.</param>
    /// <param name="b">Samples of the other.</param>
    /// <returns>The distance; 0 when equal.</returns>
    /// <exception cref="ArgumentException">The pictures have different sizes or none.</exception>
    public static double L2(ReadOnlySpan<float> a, ReadOnlySpan<float> b) => Math.Sqrt(SumOfSquares(a, b));

    /// <summary>Euclidean distance of 8-bit samples: √Σ(a−b)².</summary>
    /// <param name="a">Samples of one picture.</param>
    /// <param name="b">Samples of the other.</param>
    /// <returns>The distance; 0 when equal.</returns>
    /// <exception cref="ArgumentException">The pictures have different sizes or none.</exception>
    public static double L2(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b) => Math.Sqrt(SumOfSquares(a, b));

    private static double SumOfSquares(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        Check(a.Length, b.Length);
        Span<double> x = stackalloc double[Chunk];
        Span<double> y = stackalloc double[Chunk];
        var sum = 0.0;
        for (var at = 0; at < a.Length; at += Chunk)
        {
            var n = Math.Min(Chunk, a.Length - at);
            Difference(a.Slice(at, n), b.Slice(at, n), x[..n], y[..n]);
            sum += TensorPrimitives.SumOfSquares<double>(x[..n]);
        }
        return sum;
    }

    private static double SumOfSquares(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        Check(a.Length, b.Length);
        var sum = 0L;
        for (var i = 0; i < a.Length; i++)
        {
            var difference = a[i] - b[i];
            sum += difference * difference;
        }
        return sum;
    }

    private static void Difference(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<double> x, Span<double> y)
    {
        TensorPrimitives.ConvertTruncating(a, x);
        TensorPrimitives.ConvertTruncating(b, y);
        TensorPrimitives.Subtract<double>(x, y, x);
    }

    private static double Decibels(double meanSquaredError, double dataRange) =>
        meanSquaredError == 0 ? double.PositiveInfinity : 10 * Math.Log10(dataRange * dataRange / meanSquaredError);

    private static void Check(int a, int b)
    {
        if (a != b) throw new ArgumentException($"The pictures have different sizes: {a} and {b} samples.", nameof(b));
        if (a == 0) throw new ArgumentException("The pictures have no samples.", nameof(a));
    }
}
