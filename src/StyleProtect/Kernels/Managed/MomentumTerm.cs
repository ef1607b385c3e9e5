using System.Runtime.CompilerServices;

namespace StyleProtect.Kernels.Managed;

/// <summary>The running direction as the step is going to write it: μ·m + g / mean|g|.</summary>
internal readonly unsafe struct MomentumTerm<TVector, TSimd>(float* momentum, float decay, GradientMemory gradient, float[] inverseMean) : IImageTerm<TVector, TSimd>
    where TVector : unmanaged
    where TSimd : ISimd<TVector>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector At(nint index, int image) =>
        TSimd.Add(TSimd.Multiply(TSimd.Load(momentum + index), TSimd.Create(decay)), TSimd.Multiply(gradient.At<TVector, TSimd>(index), TSimd.Create(inverseMean[image])));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float ScalarAt(nint index, int image) => momentum[index] * decay + gradient.ScalarAt(index) * inverseMean[image];
}
