using System.Numerics.Tensors;

namespace StyleProtect.Metrics;

/// <summary>
/// Equal weights by running sums: the cost does not depend on the window's size. Products of two floats are exact in float64, and for 8-bit samples so are
/// all sums.
/// </summary>
internal sealed class UniformMoments(int width, int size) : SsimMoments(width, size)
{
    private readonly double[][] _columns = Rows(width);
    private readonly float[] _pastA = new float[width * size];
    private readonly float[] _pastB = new float[width * size];
    private readonly double[] _minus = new double[width];
    private int _pushed;

    public override void Reset()
    {
        _pushed = 0;
        foreach (var column in _columns) Array.Clear(column);
    }

    public override bool Push(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var slot = _pushed % Size * Width;
        var oldA = _pastA.AsSpan(slot, Width);
        var oldB = _pastB.AsSpan(slot, Width);
        if (_pushed >= Size)
        {
            Widen(oldA, oldB);
            TensorPrimitives.Subtract<double>(_columns[0], RowA, _columns[0]);
            TensorPrimitives.Subtract<double>(_columns[1], RowB, _columns[1]);
            TensorPrimitives.Negate<double>(RowA, _minus);
            TensorPrimitives.MultiplyAdd<double>(_minus, RowA, _columns[2], _columns[2]);
            TensorPrimitives.MultiplyAdd<double>(_minus, RowB, _columns[4], _columns[4]);
            TensorPrimitives.Negate<double>(RowB, _minus);
            TensorPrimitives.MultiplyAdd<double>(_minus, RowB, _columns[3], _columns[3]);
        }
        a.CopyTo(oldA);
        b.CopyTo(oldB);
        Widen(a, b);
        TensorPrimitives.Add<double>(_columns[0], RowA, _columns[0]);
        TensorPrimitives.Add<double>(_columns[1], RowB, _columns[1]);
        TensorPrimitives.MultiplyAdd<double>(RowA, RowA, _columns[2], _columns[2]);
        TensorPrimitives.MultiplyAdd<double>(RowB, RowB, _columns[3], _columns[3]);
        TensorPrimitives.MultiplyAdd<double>(RowA, RowB, _columns[4], _columns[4]);
        if (++_pushed < Size) return false;
        for (var q = 0; q < Quantities; q++) RunAlong(_columns[q], Means[q]);
        return true;
    }

    private void RunAlong(double[] column, double[] means)
    {
        var scale = 1.0 / ((double)Size * Size);
        var sum = 0.0;
        for (var x = 0; x < Size; x++) sum += column[x];
        means[0] = sum * scale;
        for (var x = 1; x < means.Length; x++)
        {
            sum += column[x + Size - 1] - column[x - 1];
            means[x] = sum * scale;
        }
    }
}
