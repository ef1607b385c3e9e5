using System.Runtime.CompilerServices;

namespace StyleProtect.Kernels.Managed;

/// <summary>The exponentials of a row of scores, unnormalised.</summary>
internal static unsafe class Softmax<TVector, TSimd>
    where TVector : unmanaged
    where TSimd : ISimd<TVector>
{
    /// <summary>Replaces the scores s of a row by exp(scale·(s − max)) (max over keys of scale·s) and returns the reciprocal of their sum. Padding becomes about 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static float Exponentials(float* row, int keys, int stride, float scale)
    {
        for (var i = keys; i < stride; i++) row[i] = scale < 0 ? float.PositiveInfinity : float.NegativeInfinity;
        var factor = TSimd.Create(scale);
        var top = TSimd.Multiply(TSimd.Load(row), factor);
        for (var i = TSimd.Width; i < stride; i += TSimd.Width) top = TSimd.Max(TSimd.Multiply(TSimd.Load(row + i), factor), top);
        var max = TSimd.Create(-TSimd.MaxAcross(top));
        var sum = TSimd.Create(0);
        for (var i = 0; i < stride; i += TSimd.Width)
        {
            var e = VectorExp<TVector, TSimd>.Of(TSimd.MultiplyAdd(TSimd.Load(row + i), factor, max));
            TSimd.Store(row + i, e);
            sum = TSimd.Add(sum, e);
        }

        return 1 / TSimd.Sum(sum);
    }
}
