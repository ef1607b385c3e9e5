using System.Runtime.CompilerServices;

namespace StyleProtect.Kernels.Managed;

/// <summary>Channels-last values in fp32 or bf16.</summary>
internal readonly unsafe struct NormMemory(void* start, bool isBFloat16)
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal TVector Load<TVector, TSimd>(nint index)
        where TVector : unmanaged
        where TSimd : ISimd<TVector> =>
        isBFloat16 ? TSimd.LoadBFloat16((ushort*)start + index) : TSimd.Load((float*)start + index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Store<TVector, TSimd>(nint index, TVector value)
        where TVector : unmanaged
        where TSimd : ISimd<TVector>
    {
        if (isBFloat16) TSimd.StoreBFloat16((ushort*)start + index, value);
        else TSimd.Store((float*)start + index, value);
    }
}
