using System.Runtime.CompilerServices;

namespace StyleProtect.Kernels.Managed;

/// <summary>Shape of a group norm over channels-last feature maps: images, positions (height·width), channels, groups.</summary>
internal readonly record struct NormShape(int Images, int Positions, int Channels, int Groups)
{
    private const int ValuesPerChunk = 1 << 15;

    internal int ChannelsPerGroup => Channels / Groups;

    /// <summary>Positions that one unit of work covers.</summary>
    internal int ChunkLength => Math.Clamp(ValuesPerChunk / Channels, 1, Math.Max(1, Positions));

    internal int Chunks => (Positions + ChunkLength - 1) / ChunkLength;

    internal int Units => Images * Chunks;

    internal long Values => (long)Images * Positions * Channels;
}

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
