using System.Runtime.CompilerServices;

namespace StyleProtect.Kernels.Managed;

/// <summary>e^x and 2^x of vectors.</summary>
internal static class VectorExp<TVector, TSimd>
    where TVector : unmanaged
    where TSimd : ISimd<TVector>
{
    /// <summary>e^x within 2 ulp for x in [−87, 88]; below that 1.6e-38 instead of a denormal; NaN stays NaN.</summary>
    /// <remarks>x = n·ln 2 + r with |r| ≤ ln 2 / 2; e^r by its Taylor polynomial of degree 7, whose error there is below 1e-8.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TVector Of(TVector x)
    {
        x = TSimd.Max(TSimd.Create(-87f), TSimd.Min(TSimd.Create(88f), x)); // the constant first: a NaN then stays
        var n = TSimd.Round(TSimd.Multiply(x, TSimd.Create(1.44269504f)));
        var r = TSimd.MultiplyAdd(n, TSimd.Create(-0.693359375f), x);
        r = TSimd.MultiplyAdd(n, TSimd.Create(2.12194440e-4f), r);
        var p = TSimd.MultiplyAdd(r, TSimd.Create(1f / 5040), TSimd.Create(1f / 720));
        p = TSimd.MultiplyAdd(r, p, TSimd.Create(1f / 120));
        p = TSimd.MultiplyAdd(r, p, TSimd.Create(1f / 24));
        p = TSimd.MultiplyAdd(r, p, TSimd.Create(1f / 6));
        p = TSimd.MultiplyAdd(r, p, TSimd.Create(0.5f));
        p = TSimd.MultiplyAdd(r, p, TSimd.Create(1f));
        p = TSimd.MultiplyAdd(r, p, TSimd.Create(1f));
        return TSimd.Multiply(p, TSimd.PowerOfTwo(n));
    }

    /// <summary>2^x within 2 ulp for x in [−126, 127.5]; below that 2^−126 instead of a denormal; NaN stays NaN.</summary>
    /// <remarks>x = n + r with |r| ≤ 1/2; 2^r by a polynomial of degree 6 through the Chebyshev nodes, whose error there is below 1e-8.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TVector PowerOfTwo(TVector x)
    {
        x = TSimd.Max(TSimd.Create(-126f), x);
        var n = TSimd.Round(x);
        var r = TSimd.Subtract(x, n);
        var p = TSimd.MultiplyAdd(r, TSimd.Create(1.5453163e-4f), TSimd.Create(1.3390863e-3f));
        p = TSimd.MultiplyAdd(r, p, TSimd.Create(9.6180830e-3f));
        p = TSimd.MultiplyAdd(r, p, TSimd.Create(5.5503570e-2f));
        p = TSimd.MultiplyAdd(r, p, TSimd.Create(2.4022651e-1f));
        p = TSimd.MultiplyAdd(r, p, TSimd.Create(6.9314718e-1f));
        p = TSimd.MultiplyAdd(r, p, TSimd.Create(1f));
        return TSimd.ScaleByPowerOfTwo(p, n);
    }

    /// <summary>
    /// 2^x within 4e-6 of it for x in [−125, 127], which no value shows that is rounded to bf16 afterwards; below that 2.4e-38; NaN stays NaN.
    /// </summary>
    /// <remarks>x = n + r with |r| ≤ 1/2, where adding 1.5·2²³ rounds; 2^r by the polynomial of degree 4 through five Chebyshev points.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TVector Power(TVector x)
    {
        x = TSimd.Max(TSimd.Create(-125f), x); // the constant first: a NaN then stays
        var shift = TSimd.Create(12582912f);
        var magic = TSimd.Add(x, shift);
        var r = TSimd.Subtract(x, TSimd.Subtract(magic, shift));
        var p = TSimd.MultiplyAdd(r, TSimd.Create(0.00966636852f), TSimd.Create(0.0559219758f));
        p = TSimd.MultiplyAdd(r, p, TSimd.Create(0.24022349f));
        p = TSimd.MultiplyAdd(r, p, TSimd.Create(0.693121045f));
        p = TSimd.MultiplyAdd(r, p, TSimd.Create(1f));
        return TSimd.TimesPowerOfTwo(p, magic);
    }
}
