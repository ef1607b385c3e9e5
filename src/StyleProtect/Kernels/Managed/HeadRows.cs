using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

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
                Copy((float*)memory.Start + at, tile, size);
                continue;
            }

            var source = (ushort*)memory.Start + at;
            var i = 0;
            for (; i + Simd256.Width <= size; i += Simd256.Width) Simd256.Store(tile + i, Simd256.LoadBFloat16(source + i));
            for (; i < size; i++) tile[i] = BitConverter.UInt32BitsToSingle((uint)source[i] << 16);
        }
    }

    /// <summary>Multiplies rows of a tile.</summary>
    internal static void Scale(float* tile, int rows, int stride, float factor)
    {
        for (var i = 0; i < rows * stride; i += Simd256.Width) Simd256.Store(tile + i, Simd256.Load(tile + i) * factor);
    }

    /// <summary>Asks for rows that are read next. A head's rows lie a whole token apart, a stride that the processor does not foresee.</summary>
    internal void Prefetch(int batch, int head, int firstRow, int rows, int size)
    {
        if (!Sse.IsSupported) return;
        const int line = 64;
        var width = isBFloat16 ? sizeof(ushort) : sizeof(float);
        for (var r = 0; r < rows; r++)
        {
            var start = (byte*)memory.Start + Offset(batch, head, firstRow + r) * width;
            for (var at = 0; at < size * width; at += line) Sse.Prefetch0(start + at);
        }
    }

    /// <summary>Copies rows into the columns of a tile: element c of row r lands at tile[c·stride + r].</summary>
    internal void ReadTransposed(int batch, int head, int rows, int size, float* tile, int stride)
    {
        for (var r = 0; r < rows; r++)
        {
            var at = Offset(batch, head, r);
            for (var c = 0; c < size; c++)
                tile[(nint)c * stride + r] = isBFloat16
                    ? BitConverter.UInt32BitsToSingle((uint)((ushort*)memory.Start)[at + c] << 16)
                    : ((float*)memory.Start)[at + c];
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
                Copy(tile, (float*)memory.Start + at, size);
                continue;
            }

            var target = (ushort*)memory.Start + at;
            var i = 0;
            for (; i + 16 <= size; i += 16) ToBFloat16(Vector256.Load(tile + i), Vector256.Load(tile + i + 8)).Store(target + i);
            for (; i < size; i++) target[i] = ToBFloat16(tile[i]);
        }
    }

    /// <summary>Rounds to the nearest bf16, halves to even; a NaN stays a NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ushort ToBFloat16(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? (ushort)((bits >> 16) | 0x40) : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ushort> ToBFloat16(Vector256<float> low, Vector256<float> high)
    {
        return Vector256.Narrow(Round(low), Round(high));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static Vector256<uint> Round(Vector256<float> value)
        {
            var bits = value.AsUInt32();
            var rounded = (bits + Vector256.Create(0x7FFFu) + ((bits >> 16) & Vector256<uint>.One)) >> 16;
            return Vector256.ConditionalSelect(Vector256.Equals(value, value).AsUInt32(), rounded, (bits >> 16) | Vector256.Create(0x40u));
        }
    }

    /// <summary>A head's row is a few dozen floats: a call of memmove costs more than the copy.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy(float* source, float* target, int count)
    {
        var i = 0;
        for (; i + Simd256.Width <= count; i += Simd256.Width) Simd256.Store(target + i, Simd256.Load(source + i));
        for (; i < count; i++) target[i] = source[i];
    }

    private nint Offset(int batch, int head, int row) => (nint)(batch * memory.BatchStride + head * memory.HeadStride + row * memory.RowStride);
}
