namespace StyleProtect.Kernels.Managed;

/// <summary>How an attention call is cut: queries in tiles, heads in segments of queries that threads can share.</summary>
internal readonly record struct AttentionTiles(AttentionShape Shape)
{
    /// <summary>Queries worked on at once; scores, queries and output of a tile stay in the first-level cache.</summary>
    internal const int TileRows = 32;

    private const int EnoughUnits = 8, MinimumSegment = 512;

    /// <summary>Floats of a row of scores, padded to whole vectors.</summary>
    internal int KeyStride => (Shape.Keys + 15) / 16 * 16;

    /// <summary>Floats of a row of queries, keys or values, padded to halves of the widest vector.</summary>
    internal int SizeStride => (Shape.Size + 7) / 8 * 8;

    /// <summary>Segments of each head; a function of the shape alone, so that sums do not depend on the threads.</summary>
    internal int Segments =>
        Math.Clamp(Math.Min((EnoughUnits + Shape.AllHeads - 1) / Math.Max(1, Shape.AllHeads), Shape.Queries / MinimumSegment), 1, EnoughUnits);

    internal int Units => Shape.AllHeads * Segments;

    /// <summary>Work in the units of <see cref="Workers"/>: a value there is worth some sixteen multiplications here.</summary>
    internal long Values => (long)Shape.AllHeads * Shape.Queries * Shape.Keys * Shape.Size / 16;

    /// <summary>Which head and which queries a unit is.</summary>
    internal (int Batch, int Head, int First, int End) Unit(int unit)
    {
        int head = unit / Segments, segment = unit % Segments;
        var rows = (Shape.Queries + Segments - 1) / Segments;
        return (head / Shape.Heads, head % Shape.Heads, Math.Min(segment * rows, Shape.Queries), Math.Min((segment + 1) * rows, Shape.Queries));
    }
}
