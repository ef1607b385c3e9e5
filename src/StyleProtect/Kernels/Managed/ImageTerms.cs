using System.Runtime.CompilerServices;

namespace StyleProtect.Kernels.Managed;

/// <summary>What <see cref="ImageReduction"/> sums.</summary>
internal interface IImageTerm<TVector, TSimd>
    where TVector : unmanaged
    where TSimd : ISimd<TVector>
{
    /// <summary>The terms at <paramref name="index"/> of the batch and the following positions.</summary>
    TVector At(nint index, int image);

    /// <summary>The one term at <paramref name="index"/>.</summary>
    float ScalarAt(nint index, int image);
}

/// <summary>The perturbation x − x0.</summary>
internal readonly unsafe struct DifferenceTerm<TVector, TSimd>(float* x, float* x0) : IImageTerm<TVector, TSimd>
    where TVector : unmanaged
    where TSimd : ISimd<TVector>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector At(nint index, int image) => TSimd.Subtract(TSimd.Load(x + index), TSimd.Load(x0 + index));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float ScalarAt(nint index, int image) => x[index] - x0[index];
}

/// <summary>The gradient.</summary>
internal readonly struct GradientTerm<TVector, TSimd>(GradientMemory gradient) : IImageTerm<TVector, TSimd>
    where TVector : unmanaged
    where TSimd : ISimd<TVector>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector At(nint index, int image) => gradient.At<TVector, TSimd>(index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float ScalarAt(nint index, int image) => gradient.ScalarAt(index);
}

/// <summary>The running direction as the step is going to write it: μ·m + g / mean|g|.</summary>
internal readonly unsafe struct MomentumTerm<TVector, TSimd>(
    float* momentum, float decay, GradientMemory gradient, float[] inverseMean) : IImageTerm<TVector, TSimd>
    where TVector : unmanaged
    where TSimd : ISimd<TVector>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector At(nint index, int image) =>
        TSimd.Add(
            TSimd.Multiply(TSimd.Load(momentum + index), TSimd.Create(decay)),
            TSimd.Multiply(gradient.At<TVector, TSimd>(index), TSimd.Create(inverseMean[image])));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float ScalarAt(nint index, int image) => momentum[index] * decay + gradient.ScalarAt(index) * inverseMean[image];
}

/// <summary>A gradient in fp32 or bf16, read as fp32 with NaN and infinities made finite.</summary>
internal readonly unsafe struct GradientMemory(void* start, bool isBFloat16)
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal TVector At<TVector, TSimd>(nint index)
        where TVector : unmanaged
        where TSimd : ISimd<TVector> =>
        TSimd.MakeFinite(isBFloat16 ? TSimd.LoadBFloat16((ushort*)start + index) : TSimd.Load((float*)start + index));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal float ScalarAt(nint index)
    {
        var g = isBFloat16 ? BitConverter.UInt32BitsToSingle((uint)((ushort*)start)[index] << 16) : ((float*)start)[index];
        return float.IsNaN(g) ? 0 : Math.Clamp(g, float.MinValue, float.MaxValue);
    }
}
