using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using StyleProtect.Native;
using static TorchSharp.torch;

namespace StyleProtect.Kernels.Managed;

/// <summary>
/// The softmax of attention scores, in place, a row at a time while it is in the cache, but for the division by a row's sum: that is cheaper on what the values
/// were mixed to, which has few columns.
/// </summary>
internal static unsafe class ScoreExponentialsKernel
{
    /// <param name="scores">bf16, contiguous, [heads, rows, keys]; become e^(scale·(s − max of the row)).</param>
    /// <param name="scale">Factor of the scores, positive.</param>
    /// <param name="logSums">Written: ln Σ e^(scale·s) of each row, fp32, by head and row; may lie in a larger tensor.</param>
    /// <param name="shares">Written: one by the sum of a row's exponentials, fp32, [heads, rows].</param>
    internal static void Run(Tensor scores, double scale, Tensor logSums, Tensor shares)
    {
        ScoreRows.Check(scores, nameof(scores));
        ScoreRows.Check(logSums, scores, nameof(logSums));
        ScoreRows.Check(shares, scores, nameof(shares));
        var rows = new ScoreRows(scores);
        var (logs, parts) = (new RowNumbers(logSums), new RowNumbers(shares));
        if (Vector512.IsHardwareAccelerated)
            Workers.Run(rows.Units, new RowJob<Vector512<float>, Simd512>(rows, (ushort*)TensorMemory.Pointer(scores), (float)scale, logs, parts));
        else Workers.Run(rows.Units, new RowJob<Vector256<float>, Simd256>(rows, (ushort*)TensorMemory.Pointer(scores), (float)scale, logs, parts));
    }

    private readonly struct RowJob<TVector, TSimd>(ScoreRows rows, ushort* scores, float scale, RowNumbers logSums, RowNumbers shares) : IUnitJob
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
                var s = scores + (nint)row * rows.Keys;
                var step = 2 * TSimd.Width;
                TSimd.LoadPairs(s, out var max0, out var max1);
                var i = step;
                for (; i + step <= rows.Keys; i += step)
                {
                    TSimd.LoadPairs(s + i, out var a, out var b);
                    max0 = TSimd.Max(a, max0);
                    max1 = TSimd.Max(b, max1);
                }

                if (i < rows.Keys) max0 = TSimd.Max(TSimd.LoadBFloat16(s + i), max0);
                var top = TSimd.MaxAcross(TSimd.Max(max0, max1));
                TVector factor = TSimd.Create(scale * ScoreRows.Log2E), shift = TSimd.Create(-scale * ScoreRows.Log2E * top), sum0 = TSimd.Create(0),
                    sum1 = sum0;
                for (i = 0; i + step <= rows.Keys; i += step)
                {
                    TSimd.LoadPairs(s + i, out var a, out var b);
                    a = VectorExp<TVector, TSimd>.Power(TSimd.MultiplyAdd(a, factor, shift));
                    b = VectorExp<TVector, TSimd>.Power(TSimd.MultiplyAdd(b, factor, shift));
                    sum0 = TSimd.Add(sum0, a);
                    sum1 = TSimd.Add(sum1, b);
                    TSimd.StorePairs(s + i, a, b);
                }

                if (i < rows.Keys)
                {
                    var last = VectorExp<TVector, TSimd>.Power(TSimd.MultiplyAdd(TSimd.LoadBFloat16(s + i), factor, shift));
                    sum0 = TSimd.Add(sum0, last);
                    TSimd.StoreBFloat16(s + i, last);
                }

                var sum = TSimd.Sum(TSimd.Add(sum0, sum1));
                var (head, position) = Math.DivRem(row, rows.RowsOfHead);
                *logSums.At(head, position) = scale * top + MathF.Log(sum);
                *shares.At(head, position) = 1 / sum;
            }
        }
    }
}
