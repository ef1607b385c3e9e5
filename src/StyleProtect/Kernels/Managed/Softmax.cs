using System.Runtime.CompilerServices;

namespace StyleProtect.Kernels.Managed;

/// <summary>The exponentials of a row of scores, unnormalised.</summary>
internal static unsafe class Softmax<TVector, TSimd>
    where TVector : unmanaged
    where TSimd : ISimd<TVector>
{
    /// <summary>What queries are multiplied with, beside the scale: 2^s is cheaper than e^s.</summary>
    internal const float Log2E = 1.44269504f;

    /// <summary>Fills a row with 0 for each key and minus infinity for the padding.</summary>
    internal static void FillBias(float* bias, int keys, int stride)
    {
        for (var i = 0; i < stride; i++) bias[i] = i < keys ? 0 : float.NegativeInfinity;
    }

    /// <summary>Replaces the scores s of a row, in units of log 2, by 2^(s − max) and returns the reciprocal of their sum. Padding becomes about 0.</summary>
    /// <param name="row">The scores.</param>
    /// <param name="bias">Added where a vector holds padding: scores may all lie far below 0, so padding must stay out of the maximum, too.</param>
    /// <param name="keys">How many scores there are.</param>
    /// <param name="stride">Length of the row in whole vectors.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static float Exponentials(float* row, float* bias, int keys, int stride)
    {
        var whole = keys / TSimd.Width * TSimd.Width;
        var top = TSimd.Create(float.NegativeInfinity);
        for (var i = 0; i < whole; i += TSimd.Width) top = TSimd.Max(top, TSimd.Load(row + i));
        for (var i = whole; i < stride; i += TSimd.Width) top = TSimd.Max(top, TSimd.Add(TSimd.Load(row + i), TSimd.Load(bias + i)));
        var max = TSimd.Create(TSimd.MaxAcross(top));
        var sum = TSimd.Create(0);
        for (var i = 0; i < whole; i += TSimd.Width) sum = TSimd.Add(sum, Put(row + i, TSimd.Subtract(TSimd.Load(row + i), max)));
        for (var i = whole; i < stride; i += TSimd.Width)
            sum = TSimd.Add(sum, Put(row + i, TSimd.Add(TSimd.Subtract(TSimd.Load(row + i), max), TSimd.Load(bias + i))));
        return 1 / TSimd.Sum(sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Put(float* at, TVector exponent)
    {
        var e = VectorExp<TVector, TSimd>.PowerOfTwo(exponent);
        TSimd.Store(at, e);
        return e;
    }
}
