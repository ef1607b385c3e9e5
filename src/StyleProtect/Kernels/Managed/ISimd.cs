using System.Runtime.Intrinsics;

namespace StyleProtect.Kernels.Managed;

/// <summary>The vector operations that the kernels are written in, so that each kernel is written once for every vector width.</summary>
/// <typeparam name="TVector">A vector of fp32 values.</typeparam>
internal unsafe interface ISimd<TVector>
    where TVector : unmanaged
{
    /// <summary>Values in a vector.</summary>
    static abstract int Width { get; }

    static abstract TVector Load(float* p);

    /// <summary>Loads bfloat16 values.</summary>
    static abstract TVector LoadBFloat16(ushort* p);

    static abstract void Store(float* p, TVector v);

    /// <summary>Stores as bfloat16, rounded to the nearest value, halves to even; NaN stays NaN.</summary>
    static abstract void StoreBFloat16(ushort* p, TVector v);

    /// <summary>
    /// Loads twice as many bfloat16 values as a vector holds: those at even positions and those at odd ones, which takes a third of the instructions of loading
    /// them in order.
    /// </summary>
    static abstract void LoadPairs(ushort* p, out TVector even, out TVector odd);

    /// <summary>
    /// Stores what <see cref="LoadPairs"/> takes apart, rounded to the nearest bfloat16, halves away from zero. NaN must come from bfloat16 values or from
    /// arithmetic.
    /// </summary>
    static abstract void StorePairs(ushort* p, TVector even, TVector odd);

    static abstract TVector Create(float value);

    /// <summary>The first eight values.</summary>
    static abstract Vector256<float> Lower(TVector a);

    static abstract TVector Add(TVector a, TVector b);

    static abstract TVector Subtract(TVector a, TVector b);

    static abstract TVector Multiply(TVector a, TVector b);

    static abstract TVector Divide(TVector a, TVector b);

    /// <summary>a·b + c.</summary>
    static abstract TVector MultiplyAdd(TVector a, TVector b, TVector c);

    /// <summary>The smaller one; <paramref name="b"/> where either is NaN.</summary>
    static abstract TVector Min(TVector a, TVector b);

    /// <summary>The larger one; <paramref name="b"/> where either is NaN.</summary>
    static abstract TVector Max(TVector a, TVector b);

    static abstract TVector Sqrt(TVector a);

    static abstract TVector Abs(TVector a);

    /// <summary>To the nearest integer, halves to even.</summary>
    static abstract TVector Round(TVector a);

    static abstract TVector Floor(TVector a);

    static abstract TVector Ceiling(TVector a);

    /// <summary>−1, 0 or 1; 0 for NaN.</summary>
    static abstract TVector Sign(TVector a);

    /// <summary><paramref name="yes"/> where a ≤ b, else <paramref name="no"/>.</summary>
    static abstract TVector SelectLessOrEqual(TVector a, TVector b, TVector yes, TVector no);

    /// <summary>NaN becomes 0, an infinity the largest finite value.</summary>
    static abstract TVector MakeFinite(TVector a);

    /// <summary>2 to the power of an integer value in [−126, 127].</summary>
    static abstract TVector PowerOfTwo(TVector integer);

    /// <summary>a·2^<paramref name="integer"/>, for integers in [−126, 127].</summary>
    static abstract TVector ScaleByPowerOfTwo(TVector a, TVector integer);

    /// <summary>a·2ⁿ, where <paramref name="magic"/> is n + 1.5·2²³ and a in [½, 2]; a NaN stays one.</summary>
    static abstract TVector TimesPowerOfTwo(TVector a, TVector magic);

    static abstract float Sum(TVector a);

    /// <summary>The sum, accumulated in fp64.</summary>
    static abstract double SumWide(TVector a);

    /// <summary>The sum of the squares, computed in fp64.</summary>
    static abstract double SumOfSquaresWide(TVector a);

    static abstract float MaxAcross(TVector a);
}
