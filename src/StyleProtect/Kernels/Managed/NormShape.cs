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
