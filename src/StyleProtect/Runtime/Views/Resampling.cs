namespace StyleProtect.Runtime.Views;

/// <summary>
/// Antialiased resampling as a matrix (Pillow's <c>Image.resize</c> with its <c>box</c>): output = M·input along one axis. As a linear map it is
/// differentiated exactly by its transpose.
/// </summary>
internal static class Resampling
{
    /// <summary>The matrix, row-major [<paramref name="target"/>, <paramref name="source"/>].</summary>
    /// <param name="source">Samples in.</param>
    /// <param name="target">Samples out.</param>
    /// <param name="from">Start of the part that is resampled, in input samples.</param>
    /// <param name="to">End of the part.</param>
    internal static float[] Matrix(int source, int target, double from, double to, ResamplingFilter filter)
    {
        var matrix = new float[target * source];
        foreach (var (row, first, weights) in Rows(source, target, from, to, filter))
            for (var i = 0; i < weights.Length; i++) matrix[row * source + first + i] = (float)weights[i];
        return matrix;
    }

    /// <summary>The matrix's rows without their zeros: the weights from the first input sample that counts.</summary>
    /// <inheritdoc cref="Matrix"/>
    internal static List<(int Row, int First, double[] Weights)> Rows(int source, int target, double from, double to, ResamplingFilter filter)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(source);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(target);
        if (from < 0 || to > source || to <= from)
            throw new ArgumentOutOfRangeException(nameof(from), $"The part {from} to {to} does not lie in {source} samples.");
        var rows = new List<(int, int, double[])>(target);
        var scale = (to - from) / target;
        var stretch = Math.Max(1, scale);
        var support = Radius(filter) * stretch;
        for (var row = 0; row < target; row++)
        {
            var centre = from + (row + 0.5) * scale;
            // Pillow's bounds: rounded to the nearest sample, within the picture.
            var first = Math.Max(0, (int)(centre - support + 0.5));
            var last = Math.Min(source, (int)(centre + support + 0.5));
            var weights = new double[last - first];
            double sum = 0;
            for (var i = 0; i < weights.Length; i++) sum += weights[i] = Weight(filter, (i + first - centre + 0.5) * (1 / stretch));
            // By the reciprocal, as Pillow: the last bit decides which way a half is rounded.
            for (var i = 0; i < weights.Length; i++) weights[i] *= 1 / sum;
            rows.Add((row, first, weights));
        }

        return rows;
    }

    private static double Radius(ResamplingFilter filter) => filter switch
    {
        ResamplingFilter.Box => 0.5,
        ResamplingFilter.Bilinear => 1,
        ResamplingFilter.Bicubic => 2,
        _ => 3,
    };

    private static double Weight(ResamplingFilter filter, double x)
    {
        switch (filter)
        {
            case ResamplingFilter.Box:
                return x is > -0.5 and <= 0.5 ? 1 : 0;
            case ResamplingFilter.Bilinear:
                return Math.Max(0, 1 - Math.Abs(x));
            case ResamplingFilter.Bicubic:
                const double a = -0.5;
                x = Math.Abs(x);
                return x < 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
            default:
                return x is >= -3 and < 3 ? Sinc(x) * Sinc(x / 3) : 0;
        }
    }

    private static double Sinc(double x) => x == 0 ? 1 : Math.Sin(x * Math.PI) / (x * Math.PI);
}

/// <summary>Kernel of a resampling, with the support and formula that Pillow uses.</summary>
internal enum ResamplingFilter
{
    /// <summary>Mean of the covered pixels.</summary>
    Box,

    /// <summary>Triangle of radius 1.</summary>
    Bilinear,

    /// <summary>Cubic with a = −0.5, radius 2.</summary>
    Bicubic,

    /// <summary>Lanczos of radius 3.</summary>
    Lanczos,
}
