using System.Runtime.CompilerServices;

namespace StyleProtect.Kernels.Managed;

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
