using System.Runtime.CompilerServices;

namespace StyleProtect.Kernels.Managed;

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
