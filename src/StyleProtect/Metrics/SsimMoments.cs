using System.Numerics.Tensors;

namespace StyleProtect.Metrics;

/// <summary>
/// Windowed means of two planes a and b, of a², b² and ab, one row of windows at a time while the rows of the planes are pushed in; it holds rows, never
/// planes.
/// </summary>
internal abstract class SsimMoments
{
    protected const int Quantities = 5;

    protected SsimMoments(int width, int size)
    {
        Width = width;
        Size = size;
        Means = Rows(width - size + 1);
        RowA = new double[width];
        RowB = new double[width];
    }

    public ReadOnlySpan<double> A => Means[0];

    public ReadOnlySpan<double> B => Means[1];

    public ReadOnlySpan<double> AA => Means[2];

    public ReadOnlySpan<double> BB => Means[3];

    public ReadOnlySpan<double> AB => Means[4];

    protected int Width { get; }

    protected int Size { get; }

    protected double[][] Means { get; }

    protected double[] RowA { get; }

    protected double[] RowB { get; }

    public static SsimMoments Create(SsimWindow window, int width) =>
        window.Sigma is { } sigma ? new GaussianMoments(width, window.Size, sigma) : new UniformMoments(width, window.Size);

    /// <summary>Begins new planes.</summary>
    public abstract void Reset();

    /// <summary>Takes the next row of both planes; true when the means then describe a row of windows.</summary>
    public abstract bool Push(ReadOnlySpan<float> a, ReadOnlySpan<float> b);

    protected static double[][] Rows(int length)
    {
        var rows = new double[Quantities][];
        for (var q = 0; q < Quantities; q++) rows[q] = new double[length];
        return rows;
    }

    protected void Widen(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        TensorPrimitives.ConvertTruncating<float, double>(a, RowA);
        TensorPrimitives.ConvertTruncating<float, double>(b, RowB);
    }
}
