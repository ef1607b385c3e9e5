using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using StyleProtect.Native;
using static TorchSharp.torch;

namespace StyleProtect.Kernels.Managed;

/// <summary>
/// Probabilities p = e^(scale·s − ln Σ) again from the scores, and the scores' gradient scale·p·(dp − Σp·dp) from that of the probabilities; both in place, a
/// row at a time while it is in the cache.
/// </summary>
internal static unsafe class ScoreGradientKernel
{
    /// <param name="scores">bf16, contiguous, [heads, rows, keys]; become the probabilities.</param>
    /// <param name="gradient">bf16 like <paramref name="scores"/>: the probabilities' gradient, and then the scores'.</param>
    /// <param name="scale">Factor of the scores.</param>
    /// <param name="logSums">As <see cref="ScoreExponentialsKernel"/> wrote them.</param>
    internal static void Run(Tensor scores, Tensor gradient, double scale, Tensor logSums)
    {
        ScoreRows.Check(scores, nameof(scores));
        ScoreRows.Check(gradient, nameof(gradient));
        ScoreRows.Check(logSums, scores, nameof(logSums));
        if (!scores.shape.SequenceEqual(gradient.shape))
            throw new ArgumentException(
                $"The gradient [{string.Join(", ", gradient.shape)}] does not belong to scores [{string.Join(", ", scores.shape)}].", nameof(gradient));
        var rows = new ScoreRows(scores);
        ushort* s = (ushort*)TensorMemory.Pointer(scores), dp = (ushort*)TensorMemory.Pointer(gradient);
        if (Vector512.IsHardwareAccelerated) Workers.Run(rows.Units, new RowJob<Vector512<float>, Simd512>(rows, s, dp, (float)scale, new RowNumbers(logSums)));
        else Workers.Run(rows.Units, new RowJob<Vector256<float>, Simd256>(rows, s, dp, (float)scale, new RowNumbers(logSums)));
    }

    private readonly struct RowJob<TVector, TSimd>(ScoreRows rows, ushort* scores, ushort* gradient, float scale, RowNumbers logSums) : IUnitJob
        where TVector : unmanaged
        where TSimd : ISimd<TVector>
    {
        public int ScratchLength => 0;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(int unit, Scratch scratch)
        {
            var (first, end) = rows.Unit(unit);
            for (var row = first; row < end; row++)
            {
                ushort* p = scores + (nint)row * rows.Keys, dp = gradient + (nint)row * rows.Keys;
                var (head, position) = Math.DivRem(row, rows.RowsOfHead);
                TVector factor = TSimd.Create(scale * ScoreRows.Log2E), shift = TSimd.Create(-ScoreRows.Log2E * *logSums.At(head, position)),
                    dot0 = TSimd.Create(0), dot1 = dot0;
                int step = 2 * TSimd.Width, i = 0;
                for (; i + step <= rows.Keys; i += step)
                {
                    TSimd.LoadPairs(p + i, out var a, out var b);
                    TSimd.LoadPairs(dp + i, out var da, out var db);
                    a = VectorExp<TVector, TSimd>.Power(TSimd.MultiplyAdd(a, factor, shift));
                    b = VectorExp<TVector, TSimd>.Power(TSimd.MultiplyAdd(b, factor, shift));
                    dot0 = TSimd.MultiplyAdd(a, da, dot0);
                    dot1 = TSimd.MultiplyAdd(b, db, dot1);
                    TSimd.StorePairs(p + i, a, b);
                }

                if (i < rows.Keys)
                {
                    var last = VectorExp<TVector, TSimd>.Power(TSimd.MultiplyAdd(TSimd.LoadBFloat16(p + i), factor, shift));
                    dot0 = TSimd.MultiplyAdd(last, TSimd.LoadBFloat16(dp + i), dot0);
                    TSimd.StoreBFloat16(p + i, last);
                }

                // scale·(dp − Σp·dp), times p.
                TVector slope = TSimd.Create(scale), offset = TSimd.Create(-scale * TSimd.Sum(TSimd.Add(dot0, dot1)));
                for (i = 0; i + step <= rows.Keys; i += step)
                {
                    TSimd.LoadPairs(p + i, out var a, out var b);
                    TSimd.LoadPairs(dp + i, out var da, out var db);
                    TSimd.StorePairs(dp + i, TSimd.Multiply(a, TSimd.MultiplyAdd(da, slope, offset)), TSimd.Multiply(b, TSimd.MultiplyAdd(db, slope, offset)));
                }

                if (i < rows.Keys)
                    TSimd.StoreBFloat16(dp + i, TSimd.Multiply(TSimd.LoadBFloat16(p + i), TSimd.MultiplyAdd(TSimd.LoadBFloat16(dp + i), slope, offset)));
            }
        }
    }
}
