using System.Runtime.Intrinsics;
using StyleProtect.Native;
using static TorchSharp.torch;

namespace StyleProtect.Kernels.Managed;

/// <summary>The gradient of attention scores from that of their probabilities, p·(dp − Σp·dp), in place, a row at a time while it is in the cache.</summary>
internal static unsafe class ScoreGradientKernel
{
    /// <summary>Rows must be a multiple of this many values long.</summary>
    internal const int Multiple = 16;

    /// <param name="probabilities">bf16, contiguous, rows of <c>keys</c> values.</param>
    /// <param name="gradient">bf16 like <paramref name="probabilities"/>: their gradient, and then the scores'.</param>
    internal static void Run(Tensor probabilities, Tensor gradient)
    {
        var keys = probabilities.shape[^1];
        if (!probabilities.is_contiguous() || !gradient.is_contiguous() || keys % Multiple != 0 || gradient.numel() != probabilities.numel())
            throw new ArgumentException($"The gradient of scores [{string.Join(", ", gradient.shape)}] is not dense in rows of a multiple of {Multiple}.", nameof(gradient));
        ushort* p = (ushort*)TensorMemory.Pointer(probabilities), dp = (ushort*)TensorMemory.Pointer(gradient);
        var rows = (int)(gradient.numel() / keys);
        if (Vector512.IsHardwareAccelerated) Workers.Run((rows + RowJob<Vector512<float>, Simd512>.Rows - 1) / RowJob<Vector512<float>, Simd512>.Rows, new RowJob<Vector512<float>, Simd512>(p, dp, rows, (int)keys));
        else Workers.Run((rows + RowJob<Vector256<float>, Simd256>.Rows - 1) / RowJob<Vector256<float>, Simd256>.Rows, new RowJob<Vector256<float>, Simd256>(p, dp, rows, (int)keys));
    }

    private readonly struct RowJob<TVector, TSimd>(ushort* p, ushort* dp, int rows, int keys) : IUnitJob
        where TVector : unmanaged
        where TSimd : ISimd<TVector>
    {
        internal const int Rows = 64;

        public int ScratchLength => 0;

        public void Run(int unit, Scratch scratch)
        {
            for (var row = unit * Rows; row < Math.Min(rows, (unit + 1) * Rows); row++)
            {
                ushort* a = p + (nint)row * keys, b = dp + (nint)row * keys;
                var dot = TSimd.Create(0);
                for (var i = 0; i < keys; i += TSimd.Width) dot = TSimd.MultiplyAdd(TSimd.LoadBFloat16(a + i), TSimd.LoadBFloat16(b + i), dot);
                var sum = TSimd.Create(TSimd.Sum(dot));
                for (var i = 0; i < keys; i += TSimd.Width)
                    TSimd.StoreBFloat16(b + i, TSimd.Multiply(TSimd.LoadBFloat16(a + i), TSimd.Subtract(TSimd.LoadBFloat16(b + i), sum)));
            }
        }
    }
}
