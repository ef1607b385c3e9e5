using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using StyleProtect.Native;
using static TorchSharp.torch;

namespace StyleProtect.Kernels.Managed;

/// <summary>Writes dense bf16 rows [heads, rows, d] into a tensor [N, heads of a picture, all rows, d] of any strides, each row times a number.</summary>
internal static unsafe class HeadScatter
{
    /// <param name="source">bf16, contiguous; columns beyond d are left out.</param>
    /// <param name="shares">A factor for each row, fp32 [heads, rows]; null for one.</param>
    /// <param name="target">bf16, dense along its last dimension.</param>
    /// <param name="firstHead">Where the source's heads begin, counted over all pictures.</param>
    /// <param name="firstRow">Where its rows begin.</param>
    internal static void Run(Tensor source, Tensor? shares, Tensor target, long firstHead, long firstRow)
    {
        var (from, to) = (source.shape, target.shape);
        if (source.dim() != 3 || target.dim() != 4 || source.dtype != ScalarType.BFloat16 || target.dtype != ScalarType.BFloat16 ||
            !source.is_contiguous() || from[2] < to[3] ||
            (to[3] > 1 && target.stride(3) != 1) || firstHead < 0 || firstRow < 0 || firstHead + from[0] > to[0] * to[1] || firstRow + from[1] > to[2])
            throw new ArgumentException(
                $"Rows [{string.Join(", ", from)}] do not fit into [{string.Join(", ", to)}] from head {firstHead} and row {firstRow} on.", nameof(source));
        if (shares is not null) ScoreRows.Check(shares, source, nameof(shares));
        Workers.Run((int)from[0], new HeadJob(
            (ushort*)TensorMemory.Pointer(source), shares is null ? default : new RowNumbers(shares), shares is not null, HeadMemory.Of(target), (int)to[1],
            (int)firstHead, (int)firstRow, (int)from[1], (int)from[2], (int)to[3]));
    }

    private readonly struct HeadJob(
        ushort* source, RowNumbers shares, bool scaled, HeadMemory target, int heads, int firstHead, int firstRow, int rows, int width, int size) : IUnitJob
    {
        public int ScratchLength => 0;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(int unit, Scratch scratch)
        {
            var (batch, head) = Math.DivRem(firstHead + unit, heads);
            var start = (ushort*)target.Start + batch * target.BatchStride + head * target.HeadStride + firstRow * target.RowStride;
            for (var row = 0; row < rows; row++)
            {
                var from = source + ((nint)unit * rows + row) * width;
                var to = start + row * target.RowStride;
                if (scaled) Scale(from, to, *shares.At(unit, row), size);
                else new ReadOnlySpan<ushort>(from, size).CopyTo(new Span<ushort>(to, size));
            }
        }

        private static void Scale(ushort* from, ushort* to, float share, int size)
        {
            var factor = Vector256.Create(share);
            var i = 0;
            for (; i + Simd256.Width <= size; i += Simd256.Width) Simd256.StoreBFloat16(to + i, Simd256.LoadBFloat16(from + i) * factor);
            for (; i < size; i++) to[i] = HeadRows.ToBFloat16(BitConverter.UInt32BitsToSingle((uint)from[i] << 16) * share);
        }
    }
}
