using System.Numerics.Tensors;

namespace StyleProtect.Metrics;

/// <summary>Gaussian weights, first down the columns, then along the row. The kernel is symmetric: rows that weigh the same are added first.</summary>
internal sealed class GaussianMoments : SsimMoments
{
    private readonly double[] _kernel;
    private readonly double[][][] _past;
    private readonly double[][] _columns;
    private readonly double[] _pair;
    private int _pushed;

    public GaussianMoments(int width, int size, double sigma) : base(width, size)
    {
        _kernel = Kernel(size / 2, sigma);
        _columns = Rows(width);
        _pair = new double[width];
        _past = new double[size][][];
        for (var i = 0; i < size; i++) _past[i] = Rows(width);
    }

    public override void Reset() => _pushed = 0;

    public override bool Push(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        Widen(a, b);
        var row = _past[_pushed % Size];
        RowA.CopyTo(row[0], 0);
        RowB.CopyTo(row[1], 0);
        TensorPrimitives.Multiply<double>(RowA, RowA, row[2]);
        TensorPrimitives.Multiply<double>(RowB, RowB, row[3]);
        TensorPrimitives.Multiply<double>(RowA, RowB, row[4]);
        if (++_pushed < Size) return false;

        // The oldest row is the one that is overwritten next.
        var radius = Size / 2;
        for (var q = 0; q < Quantities; q++)
        {
            TensorPrimitives.Multiply(Past(radius, q), _kernel[0], _columns[q]);
            for (var i = 1; i <= radius; i++) AddPair(Past(radius - i, q), Past(radius + i, q), _kernel[i], _columns[q]);
            ReadOnlySpan<double> column = _columns[q];
            var means = Means[q];
            TensorPrimitives.Multiply(column.Slice(radius, means.Length), _kernel[0], means);
            for (var i = 1; i <= radius; i++)
                AddPair(column.Slice(radius - i, means.Length), column.Slice(radius + i, means.Length), _kernel[i], means);
        }
        return true;
    }

    private static double[] Kernel(int radius, double sigma)
    {
        var half = new double[radius + 1];
        var sum = 0.0;
        for (var i = 0; i <= radius; i++)
        {
            half[i] = Math.Exp(-0.5 * i * i / (sigma * sigma));
            sum += i == 0 ? half[i] : 2 * half[i];
        }
        for (var i = 0; i <= radius; i++) half[i] /= sum;
        return half;
    }

    private ReadOnlySpan<double> Past(int age, int quantity) => _past[(_pushed + age) % Size][quantity];

    private void AddPair(ReadOnlySpan<double> before, ReadOnlySpan<double> after, double weight, Span<double> to)
    {
        var pair = _pair.AsSpan(0, to.Length);
        TensorPrimitives.Add(before, after, pair);
        TensorPrimitives.MultiplyAdd(pair, weight, to, to);
    }
}
