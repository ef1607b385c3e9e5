using System.Runtime.CompilerServices;

namespace StyleProtect.Kernels.Managed;

/// <summary>The exponentials of a row of scores, unnormalised.</summary>
internal static unsafe class Softmax<TVector, TSimd>
    where TVector : unmanaged
    where TSimd : ISimd<TVector>
{
    /// <summary>Fills a row with 0 for each key and minus infinity for the padding; added to the scores it keeps the padding out of maximum and sum.</summary>
    internal static void FillBias(float* bias, int keys, int stride)
    {
        for (var i = 0; i < stride; i++) bias[i] = i < keys ? 0 : float.NegativeInfinity;
    }

    /// <summary>Replaces the scores s of a row by exp(scale·s − max) and returns the reciprocal of their sum. Padding becomes about 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static float Exponentials(float* row, float* bias, int stride, float scale)
    {
        var factor = TSimd.Create(scale);
        var top = TSimd.MultiplyAdd(TSimd.Load(row), factor, TSimd.Load(bias));
        for (var i = TSimd.Width; i < stride; i += TSimd.Width) top = TSimd.Max(TSimd.MultiplyAdd(TSimd.Load(row + i), factor, TSimd.Load(bias + i)), top);
        var max = TSimd.Create(TSimd.MaxAcross(top));
        var sum = TSimd.Create(0);
        for (var i = 0; i < stride; i += TSimd.Width)
        {
            var e = VectorExp<TVector, TSimd>.Of(TSimd.MultiplyAdd(TSimd.Load(row + i), factor, TSimd.Subtract(TSimd.Load(bias + i), max)));
            TSimd.Store(row + i, e);
            sum = TSimd.Add(sum, e);
        }

        return 1 / TSimd.Sum(sum);
    }
}
