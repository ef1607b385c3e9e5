using StyleProtect.Runtime.Encodings;

namespace StyleProtect.Protection.Memory;

/// <summary>Chooses how a step is divided: the fastest way that fits, exact ways before tiles.</summary>
internal static class MemoryPlanner
{
    /// <summary>Plans.</summary>
    /// <param name="need">The request.</param>
    /// <param name="limit">Bytes that the process may hold; null where it is not known (a GPU) takes everything at once.</param>
    /// <param name="origin">Where the limit comes from, in words.</param>
    /// <exception cref="ProtectionException">No way fits; the message names the smallest limit that does.</exception>
    internal static MemoryPlan Plan(MemoryNeed need, long? limit, string origin)
    {
        var parts = need.Fixed;
        var fixedBytes = parts.Values.Sum();
        var candidates = Candidates(need).Select(c => (Partition: c, Bytes: fixedBytes + need.Step(c))).ToArray();
        var smallest = candidates.Min(c => c.Bytes);
        var (chosen, bytes) = limit is null ? candidates[0] : candidates.FirstOrDefault(c => c.Bytes <= limit);
        if (chosen is null)
        {
            throw new ProtectionException(
                $"{Text(limit!.Value, up: false)} of memory ({origin}) are too little: this request needs {Text(smallest)} at least, of which " +
                $"{Text(need.Fixed["weights"])} are the model's weights. " +
                $"Allow it with --memory {Text(smallest)} (MemoryLimit = {smallest}), protect fewer or smaller pictures together, or take a smaller " +
                "resolution or model.");
        }

        var tile = chosen.Tile is { } side && side < need.Side ? chosen.Tile : null;
        return new MemoryPlan
        {
            Limit = limit,
            LimitOrigin = origin,
            Estimate = bytes,
            Smallest = smallest,
            Resolution = need.Side,
            Views = need.Views,
            MicroBatch = Math.Min(need.Views, chosen.MicroBatch),
            EncoderSegments = need.SegmentCount(chosen.Graph, tile ?? need.Side),
            Tile = tile,
            Parts = new Dictionary<string, long>(parts, StringComparer.Ordinal) { ["step"] = bytes - fixedBytes },
            Partition = chosen,
        };
    }

    /// <summary>
    /// From the fastest to the smallest: smaller micro-batches cost little, computing again a third of the encoder's time, tiles the exactness too.
    /// </summary>
    private static IEnumerable<StepPartition> Candidates(MemoryNeed need)
    {
        foreach (var tile in TileSpan.Lengths(need.Side, need.Model.SizeStep).Select(t => (int?)t).Prepend(null))
            foreach (var graph in Enum.GetValues<EncoderGraph>())
                for (var views = Math.Max(1, need.Views); ; views = (views + 1) / 2)
                {
                    yield return new StepPartition(views, graph, tile);
                    if (views == 1) break;
                }
    }

    /// <summary>Whole MiB, in the form that the command line reads.</summary>
    private static string Text(long bytes, bool up = true) => $"{(bytes + (up ? (1L << 20) - 1 : 0)) >> 20}MiB";
}
