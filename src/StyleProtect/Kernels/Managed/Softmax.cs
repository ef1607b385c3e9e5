using System.Runtime.CompilerServices;

namespace StyleProtect.Kernels.Managed;

/// <summary>The exponentials of a row of scores, unnormalised.</summary>
internal static unsafe class Softmax<TVector, TSimd>
    where TVector : unmanaged
    where TSimd : ISimd<TVector>
{
    /// <summary>Replaces the scores s of a row by exp(scale·s − max) and returns the reciprocal of their sum. Padding becomes about 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static float Exponentials(float* row, int keys, int stride, float scale)
    {
        // Padding must neither raise the maximum nor enter the sum: a copy of a real score for the one, minus infinity for the other.
        for (var i = keys; i < stride; i++) row[i] = row[0];
        var factor = TSimd.Create(scale);
        var top = TSimd.Create(float.NegativeInfinity);
        for (var i = 0; i < stride; i += TSimd.Width)
        {
            var score = TSimd.Multiply(TSimd.Load(row + i), factor);
            TSimd.Store(row + i, score);
            top = TSimd.Max(score, top);
        }

        for (var i = keys; i < stride; i++) row[i] = float.NegativeInfinity;
        var max = TSimd.Create(TSimd.MaxAcross(top));
        var sum = TSimd.Create(0);
        for (var i = 0; i < stride; i += TSimd.Width)
        {
            var e = VectorExp<TVector, TSimd>.Of(TSimd.Subtract(TSimd.Load(row + i), max));
            TSimd.Store(row + i, e);
            sum = TSimd.Add(sum, e);
        }

        return 1 / TSimd.Sum(sum);
    }
}
