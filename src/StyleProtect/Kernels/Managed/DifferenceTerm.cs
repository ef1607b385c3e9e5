using System.Runtime.CompilerServices;

namespace StyleProtect.Kernels.Managed;

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
