using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace StyleProtect.Kernels.Managed;

/// <summary>Matrix product of small tiles that stay in the cache: C (m×n) = or += A (m×k) · B (k×n).</summary>
/// <remarks>
/// Blocks of 4 rows × 3 vectors keep 12 sums in registers: enough to hide the latency of two FMA units, and it fits the 16 registers of AVX2.
/// Eight columns that do not fill a 512-bit vector go beside two that do as a half one: a head of 40 is then no more work than it is.
/// The blocks are compiled for good at once: a short protection would otherwise spend much of its attention in unoptimised loops.
/// A is read value by value, so it may be walked in either direction (a transposed A costs nothing).
/// </remarks>
internal static unsafe class TileProduct<TVector, TSimd>
    where TVector : unmanaged
    where TSimd : ISimd<TVector>
{
    /// <summary>Columns of half a 512-bit vector; none with 256-bit ones, which take them as they are.</summary>
    private static int Half => TSimd.Width == 16 ? 8 : -1;

    /// <summary>Computes the product.</summary>
    /// <param name="a">A, with its strides between rows and along k.</param>
    /// <param name="aRow">Floats from one row of A to the next.</param>
    /// <param name="aStep">Floats from one element of a row of A to the next.</param>
    /// <param name="b">B, row by row, <paramref name="n"/> floats a row.</param>
    /// <param name="c">C, row by row, <paramref name="n"/> floats a row.</param>
    /// <param name="m">Rows, a multiple of 4.</param>
    /// <param name="n">Columns, a multiple of 8.</param>
    /// <param name="k">Length of the sums.</param>
    /// <param name="accumulate">Adds to C instead of replacing it.</param>
    internal static void Multiply(float* a, nint aRow, nint aStep, float* b, float* c, int m, int n, int k, bool accumulate)
    {
        var width = TSimd.Width;
        var column = 0;
        for (; column + 3 * width <= n; column += 3 * width)
            for (var row = 0; row < m; row += 4)
                Block3(a + row * aRow, aRow, aStep, b + column, c + (nint)row * n + column, n, k, accumulate);
        if (n - column == 2 * width + Half)
        {
            for (var row = 0; row < m; row += 4)
                Block2Half(a + row * aRow, aRow, aStep, b + column, c + (nint)row * n + column, n, k, accumulate);
            return;
        }

        if (column + 2 * width <= n)
        {
            for (var row = 0; row < m; row += 4)
                Block2(a + row * aRow, aRow, aStep, b + column, c + (nint)row * n + column, n, k, accumulate);
            column += 2 * width;
        }

        if (column + width <= n)
        {
            for (var row = 0; row < m; row += 4)
                Block1(a + row * aRow, aRow, aStep, b + column, c + (nint)row * n + column, n, k, accumulate);
            column += width;
        }

        // Half a 512-bit vector is left; 256-bit ones leave nothing.
        if (column < n) TileProduct<Vector256<float>, Simd256>.Columns8(a, aRow, aStep, b + column, c + column, m, n, k, accumulate);
    }

    private static void Columns8(float* a, nint aRow, nint aStep, float* b, float* c, int m, nint n, int k, bool accumulate)
    {
        for (var row = 0; row < m; row += 4) Block1(a + row * aRow, aRow, aStep, b, c + row * n, n, k, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Block2Half(float* a, nint aRow, nint aStep, float* b, float* c, nint n, int k, bool accumulate)
    {
        var w = TSimd.Width;
        TVector c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default, c30 = default, c31 = default;
        Vector256<float> h0 = default, h1 = default, h2 = default, h3 = default;
        float* a1 = a + aRow, a2 = a1 + aRow, a3 = a2 + aRow;
        for (var i = 0; i < k; i++)
        {
            TVector b0 = TSimd.Load(b), b1 = TSimd.Load(b + w);
            var h = Vector256.Load(b + 2 * w);
            var x = TSimd.Create(*a);
            c00 = TSimd.MultiplyAdd(x, b0, c00);
            c01 = TSimd.MultiplyAdd(x, b1, c01);
            h0 = Vector256.FusedMultiplyAdd(TSimd.Lower(x), h, h0);
            x = TSimd.Create(*a1);
            c10 = TSimd.MultiplyAdd(x, b0, c10);
            c11 = TSimd.MultiplyAdd(x, b1, c11);
            h1 = Vector256.FusedMultiplyAdd(TSimd.Lower(x), h, h1);
            x = TSimd.Create(*a2);
            c20 = TSimd.MultiplyAdd(x, b0, c20);
            c21 = TSimd.MultiplyAdd(x, b1, c21);
            h2 = Vector256.FusedMultiplyAdd(TSimd.Lower(x), h, h2);
            x = TSimd.Create(*a3);
            c30 = TSimd.MultiplyAdd(x, b0, c30);
            c31 = TSimd.MultiplyAdd(x, b1, c31);
            h3 = Vector256.FusedMultiplyAdd(TSimd.Lower(x), h, h3);
            a += aStep;
            a1 += aStep;
            a2 += aStep;
            a3 += aStep;
            b += n;
        }

        Put(c, c00, accumulate);
        Put(c + w, c01, accumulate);
        TileProduct<Vector256<float>, Simd256>.Put(c + 2 * w, h0, accumulate);
        Put(c + n, c10, accumulate);
        Put(c + n + w, c11, accumulate);
        TileProduct<Vector256<float>, Simd256>.Put(c + n + 2 * w, h1, accumulate);
        Put(c + 2 * n, c20, accumulate);
        Put(c + 2 * n + w, c21, accumulate);
        TileProduct<Vector256<float>, Simd256>.Put(c + 2 * n + 2 * w, h2, accumulate);
        Put(c + 3 * n, c30, accumulate);
        Put(c + 3 * n + w, c31, accumulate);
        TileProduct<Vector256<float>, Simd256>.Put(c + 3 * n + 2 * w, h3, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Block3(float* a, nint aRow, nint aStep, float* b, float* c, nint n, int k, bool accumulate)
    {
        var w = TSimd.Width;
        TVector c00 = default, c01 = default, c02 = default, c10 = default, c11 = default, c12 = default;
        TVector c20 = default, c21 = default, c22 = default, c30 = default, c31 = default, c32 = default;
        float* a1 = a + aRow, a2 = a1 + aRow, a3 = a2 + aRow;
        for (var i = 0; i < k; i++)
        {
            TVector b0 = TSimd.Load(b), b1 = TSimd.Load(b + w), b2 = TSimd.Load(b + 2 * w);
            var x = TSimd.Create(*a);
            c00 = TSimd.MultiplyAdd(x, b0, c00);
            c01 = TSimd.MultiplyAdd(x, b1, c01);
            c02 = TSimd.MultiplyAdd(x, b2, c02);
            x = TSimd.Create(*a1);
            c10 = TSimd.MultiplyAdd(x, b0, c10);
            c11 = TSimd.MultiplyAdd(x, b1, c11);
            c12 = TSimd.MultiplyAdd(x, b2, c12);
            x = TSimd.Create(*a2);
            c20 = TSimd.MultiplyAdd(x, b0, c20);
            c21 = TSimd.MultiplyAdd(x, b1, c21);
            c22 = TSimd.MultiplyAdd(x, b2, c22);
            x = TSimd.Create(*a3);
            c30 = TSimd.MultiplyAdd(x, b0, c30);
            c31 = TSimd.MultiplyAdd(x, b1, c31);
            c32 = TSimd.MultiplyAdd(x, b2, c32);
            a += aStep;
            a1 += aStep;
            a2 += aStep;
            a3 += aStep;
            b += n;
        }

        Put(c, c00, accumulate);
        Put(c + w, c01, accumulate);
        Put(c + 2 * w, c02, accumulate);
        Put(c + n, c10, accumulate);
        Put(c + n + w, c11, accumulate);
        Put(c + n + 2 * w, c12, accumulate);
        Put(c + 2 * n, c20, accumulate);
        Put(c + 2 * n + w, c21, accumulate);
        Put(c + 2 * n + 2 * w, c22, accumulate);
        Put(c + 3 * n, c30, accumulate);
        Put(c + 3 * n + w, c31, accumulate);
        Put(c + 3 * n + 2 * w, c32, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Block2(float* a, nint aRow, nint aStep, float* b, float* c, nint n, int k, bool accumulate)
    {
        var w = TSimd.Width;
        TVector c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default, c30 = default, c31 = default;
        float* a1 = a + aRow, a2 = a1 + aRow, a3 = a2 + aRow;
        for (var i = 0; i < k; i++)
        {
            TVector b0 = TSimd.Load(b), b1 = TSimd.Load(b + w);
            var x = TSimd.Create(*a);
            c00 = TSimd.MultiplyAdd(x, b0, c00);
            c01 = TSimd.MultiplyAdd(x, b1, c01);
            x = TSimd.Create(*a1);
            c10 = TSimd.MultiplyAdd(x, b0, c10);
            c11 = TSimd.MultiplyAdd(x, b1, c11);
            x = TSimd.Create(*a2);
            c20 = TSimd.MultiplyAdd(x, b0, c20);
            c21 = TSimd.MultiplyAdd(x, b1, c21);
            x = TSimd.Create(*a3);
            c30 = TSimd.MultiplyAdd(x, b0, c30);
            c31 = TSimd.MultiplyAdd(x, b1, c31);
            a += aStep;
            a1 += aStep;
            a2 += aStep;
            a3 += aStep;
            b += n;
        }

        Put(c, c00, accumulate);
        Put(c + w, c01, accumulate);
        Put(c + n, c10, accumulate);
        Put(c + n + w, c11, accumulate);
        Put(c + 2 * n, c20, accumulate);
        Put(c + 2 * n + w, c21, accumulate);
        Put(c + 3 * n, c30, accumulate);
        Put(c + 3 * n + w, c31, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Block1(float* a, nint aRow, nint aStep, float* b, float* c, nint n, int k, bool accumulate)
    {
        TVector c0 = default, c1 = default, c2 = default, c3 = default;
        float* a1 = a + aRow, a2 = a1 + aRow, a3 = a2 + aRow;
        for (var i = 0; i < k; i++)
        {
            var b0 = TSimd.Load(b);
            c0 = TSimd.MultiplyAdd(TSimd.Create(*a), b0, c0);
            c1 = TSimd.MultiplyAdd(TSimd.Create(*a1), b0, c1);
            c2 = TSimd.MultiplyAdd(TSimd.Create(*a2), b0, c2);
            c3 = TSimd.MultiplyAdd(TSimd.Create(*a3), b0, c3);
            a += aStep;
            a1 += aStep;
            a2 += aStep;
            a3 += aStep;
            b += n;
        }

        Put(c, c0, accumulate);
        Put(c + n, c1, accumulate);
        Put(c + 2 * n, c2, accumulate);
        Put(c + 3 * n, c3, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(float* c, TVector value, bool accumulate) => TSimd.Store(c, accumulate ? TSimd.Add(TSimd.Load(c), value) : value);
}
