using System.Runtime.CompilerServices;

namespace StyleProtect.Kernels.Managed;

/// <summary>Copies rows of one attention head between tensors (fp32 or bf16, any stride) and dense fp32 tiles.</summary>
internal readonly unsafe struct HeadRows(HeadMemory memory, bool isBFloat16)
{
    /// <summary>Copies rows into a tile of <paramref name="stride"/> floats a row; what lies beyond a row's <paramref name="size"/> values stays.</summary>
    internal void Read(int batch, int head, int firstRow, int rows, int size, float* tile, int stride)
    {
        for (var r = 0; r < rows; r++, tile += stride)
        {
            var at = Offset(batch, head, firstRow + r);
            if (!isBFloat16)
            {
                new ReadOnlySpan<float>((float*)memory.Start + at, size).CopyTo(new Span<float>(tile, size));
                continue;
            }

            var source = (ushort*)memory.Start + at;
            var i = 0;
            for (; i + Simd256.Width <= size; i += Simd256.Width) Simd256.Store(tile + i, Simd256.LoadBFloat16(source + i));
            for (; i < size; i++) tile[i] = BitConverter.UInt32BitsToSingle((uint)source[i] << 16);
        }
    }

    /// <summary>Copies rows into the columns of a tile: element c of row r lands at tile[c·stride + r].</summary>
    internal void ReadTransposed(int batch, int head, int rows, int size, float* tile, int stride)
    {
        for (var r = 0; r < rows; r++)
        {
            var at = Offset(batch, head, r);
            for (var c = 0; c < size; c++)
                tile[(nint)c * stride + r] = isBFloat16 ? BitConverter.UInt32BitsToSingle((uint)((ushort*)memory.Start)[at + c] << 16) : ((float*)memory.Start)[at + c];
        }
    }

    /// <summary>Writes rows of a tile back.</summary>
    internal void Write(int batch, int head, int firstRow, int rows, int size, float* tile, int stride)
    {
        for (var r = 0; r < rows; r++, tile += stride)
        {
            var at = Offset(batch, head, firstRow + r);
            if (!isBFloat16)
            {
                new ReadOnlySpan<float>(tile, size).CopyTo(new Span<float>((float*)memory.Start + at, size));
                continue;
            }

            var target = (ushort*)memory.Start + at;
            for (var i = 0; i < size; i++) target[i] = ToBFloat16(tile[i]);
        }
    }

    /// <summary>Rounds to the nearest bf16, halves to even; a NaN stays a NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ushort ToBFloat16(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? (ushort)((bits >> 16) | 0x40) : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    private nint Offset(int batch, int head, int row) => (nint)(batch * memory.BatchStride + head * memory.HeadStride + row * memory.RowStride);
}
