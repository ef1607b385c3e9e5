using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using StyleProtect.Native;
using static TorchSharp.torch;

namespace StyleProtect.Kernels.Managed;

/// <summary>Adds bf16 values to fp32 sums in one pass (libtorch converts them first).</summary>
internal static unsafe class SumKernel
{
    private const int UnitLength = 1 << 15;

    /// <param name="sum">fp32, contiguous.</param>
    /// <param name="part">bf16, contiguous, as many values.</param>
    internal static void Add(Tensor sum, Tensor part)
    {
        if (
            sum.dtype != ScalarType.Float32 || part.dtype != ScalarType.BFloat16 || !sum.is_contiguous() || !part.is_contiguous() ||
            sum.numel() != part.numel())
            throw new ArgumentException(
                $"bf16 values [{string.Join(", ", part.shape)}] cannot be added to fp32 sums [{string.Join(", ", sum.shape)}].", nameof(part));
        var length = sum.numel();
        Workers.Run((int)((length + UnitLength - 1) / UnitLength), new AddJob((float*)TensorMemory.Pointer(sum), (ushort*)TensorMemory.Pointer(part), length));
    }

    private readonly struct AddJob(float* sum, ushort* part, long length) : IUnitJob
    {
        public int ScratchLength => 0;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(int unit, Scratch scratch)
        {
            var i = (nint)unit * UnitLength;
            var end = (nint)Math.Min(length, (long)(unit + 1) * UnitLength);
            if (Vector512.IsHardwareAccelerated)
            {
                for (; i + Simd512.Width <= end; i += Simd512.Width) Simd512.Store(sum + i, Simd512.Load(sum + i) + Simd512.LoadBFloat16(part + i));
            }

            for (; i + Simd256.Width <= end; i += Simd256.Width) Simd256.Store(sum + i, Vector256.Load(sum + i) + Simd256.LoadBFloat16(part + i));
            for (; i < end; i++) sum[i] += BitConverter.UInt32BitsToSingle((uint)part[i] << 16);
        }
    }
}
