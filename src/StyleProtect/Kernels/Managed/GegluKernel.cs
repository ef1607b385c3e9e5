using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using StyleProtect.Native;
using static TorchSharp.torch;

namespace StyleProtect.Kernels.Managed;

/// <summary>
/// a·gelu(b) of the halves of bf16 rows [a | b], and its gradient, in one pass each. gelu(b) = b·Φ(b) with the exact normal distribution, not its tanh form.
/// </summary>
internal static unsafe class GegluKernel
{
    /// <summary>Half a row must be a multiple of this many values long.</summary>
    internal const int Multiple = 32;

    private const long UnitLength = 1 << 15;

    /// <param name="input">bf16, contiguous, [rows, 2·inner].</param>
    /// <param name="output">bf16, contiguous, [rows, inner]; written.</param>
    internal static void Forward(Tensor input, Tensor output)
    {
        var (rows, inner) = Check(input, output);
        Run(rows, inner, (ushort*)TensorMemory.Pointer(input), null, (ushort*)TensorMemory.Pointer(output));
    }

    /// <param name="input">As in <see cref="Forward"/>.</param>
    /// <param name="gradient">bf16, contiguous, [rows, inner]: the output's.</param>
    /// <param name="inputGradient">Like <paramref name="input"/>; written.</param>
    internal static void Backward(Tensor input, Tensor gradient, Tensor inputGradient)
    {
        var (rows, inner) = Check(input, gradient);
        _ = Check(inputGradient, gradient);
        Run(rows, inner, (ushort*)TensorMemory.Pointer(input), (ushort*)TensorMemory.Pointer(gradient), (ushort*)TensorMemory.Pointer(inputGradient));
    }

    private static (int Rows, int Inner) Check(Tensor wide, Tensor half)
    {
        if (wide.dim() != 2 || half.dim() != 2 || wide.dtype != ScalarType.BFloat16 || half.dtype != ScalarType.BFloat16 ||
            !wide.is_contiguous() || !half.is_contiguous() || wide.shape[0] != half.shape[0] ||
            wide.shape[1] != 2 * half.shape[1] || half.shape[1] % Multiple != 0 || half.numel() == 0 || wide.shape[0] > int.MaxValue)
            throw new ArgumentException(
                $"[{string.Join(", ", wide.shape)}] and [{string.Join(", ", half.shape)}] are not dense bf16 rows and their halves, a multiple of " +
                $"{Multiple} long.", nameof(wide));
        return ((int)wide.shape[0], (int)half.shape[1]);
    }

    private static void Run(int rows, int inner, ushort* input, ushort* gradient, ushort* target)
    {
        var rowsOfUnit = (int)Math.Max(1, UnitLength / inner);
        var units = (rows + rowsOfUnit - 1) / rowsOfUnit;
        if (Vector512.IsHardwareAccelerated) Workers.Run(units, new RowJob<Vector512<float>, Simd512>(rows, rowsOfUnit, inner, input, gradient, target));
        else Workers.Run(units, new RowJob<Vector256<float>, Simd256>(rows, rowsOfUnit, inner, input, gradient, target));
    }

    private readonly struct RowJob<TVector, TSimd>(int rows, int rowsOfUnit, int inner, ushort* input, ushort* gradient, ushort* target) : IUnitJob
        where TVector : unmanaged
        where TSimd : ISimd<TVector>
    {
        public int ScratchLength => 0;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(int unit, Scratch scratch)
        {
            var end = Math.Min(rows, (unit + 1) * rowsOfUnit);
            for (var row = unit * rowsOfUnit; row < end; row++)
            {
                var a = input + (nint)row * 2 * inner;
                if (gradient == null) Values(a, target + (nint)row * inner);
                else Gradients(a, gradient + (nint)row * inner, target + (nint)row * 2 * inner);
            }
        }

        private void Values(ushort* a, ushort* output)
        {
            for (var i = 0; i < inner; i += 2 * TSimd.Width)
            {
                TSimd.LoadPairs(a + i, out var a0, out var a1);
                TSimd.LoadPairs(a + inner + i, out var b0, out var b1);
                TSimd.StorePairs(
                    output + i, TSimd.Multiply(a0, TSimd.Multiply(b0, Normal(b0, out _))), TSimd.Multiply(a1, TSimd.Multiply(b1, Normal(b1, out _))));
            }
        }

        private void Gradients(ushort* a, ushort* g, ushort* result)
        {
            for (var i = 0; i < inner; i += 2 * TSimd.Width)
            {
                TSimd.LoadPairs(a + i, out var a0, out var a1);
                TSimd.LoadPairs(a + inner + i, out var b0, out var b1);
                TSimd.LoadPairs(g + i, out var g0, out var g1);
                TVector p0 = Normal(b0, out var d0), p1 = Normal(b1, out var d1);
                TSimd.StorePairs(result + i, TSimd.Multiply(g0, TSimd.Multiply(b0, p0)), TSimd.Multiply(g1, TSimd.Multiply(b1, p1)));
                TSimd.StorePairs(
                    result + inner + i, TSimd.Multiply(TSimd.Multiply(g0, a0), TSimd.MultiplyAdd(b0, d0, p0)),
                    TSimd.Multiply(TSimd.Multiply(g1, a1), TSimd.MultiplyAdd(b1, d1, p1)));
            }
        }

        /// <summary>The normal distribution Φ(x) within 1e-7 and its density, by the rational approximation 26.2.17 of Abramowitz and Stegun.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static TVector Normal(TVector x, out TVector density)
        {
            const float halfLog2E = 0.72134752f, density0 = 0.39894228f;
            density = TSimd.Multiply(VectorExp<TVector, TSimd>.Power(TSimd.Multiply(TSimd.Multiply(x, x), TSimd.Create(-halfLog2E))), TSimd.Create(density0));
            var t = TSimd.Divide(TSimd.Create(1), TSimd.MultiplyAdd(TSimd.Abs(x), TSimd.Create(0.2316419f), TSimd.Create(1)));
            var p = TSimd.MultiplyAdd(t, TSimd.Create(1.330274429f), TSimd.Create(-1.821255978f));
            p = TSimd.MultiplyAdd(t, p, TSimd.Create(1.781477937f));
            p = TSimd.MultiplyAdd(t, p, TSimd.Create(-0.356563782f));
            p = TSimd.MultiplyAdd(t, p, TSimd.Create(0.319381530f));
            var tail = TSimd.Multiply(TSimd.Multiply(t, p), density);
            return TSimd.SelectLessOrEqual(x, TSimd.Create(0), tail, TSimd.Subtract(TSimd.Create(1), tail));
        }
    }
}
