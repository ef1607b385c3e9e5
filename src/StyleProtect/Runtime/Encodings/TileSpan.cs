namespace StyleProtect.Runtime.Encodings;

/// <summary>A tile along one side of a view, in pixels.</summary>
/// <param name="Start">Where it begins.</param>
/// <param name="Length">How long it is.</param>
/// <param name="From">From where on its latents are used.</param>
/// <param name="To">Up to where.</param>
internal readonly record struct TileSpan(int Start, int Length, int From, int To)
{
    /// <summary>Pixels that are cut off on either side of a seam, at least but for one position of the latent.</summary>
    internal const int Margin = 64;

    /// <summary>The largest number of tiles a side.</summary>
    private const int Most = 32;

    /// <summary>Cuts a side in evenly spread tiles that overlap by two margins at least; the seams lie in the middle of the overlaps.</summary>
    /// <param name="side">The side; a multiple of <paramref name="step"/>.</param>
    /// <param name="tile">The tiles' length; a multiple of <paramref name="step"/>, longer than two margins.</param>
    /// <param name="step">What starts and seams are a multiple of: the autoencoder's factor, so that latents stay on their grid.</param>
    internal static IReadOnlyList<TileSpan> Cut(int side, int tile, int step)
    {
        if (tile >= side) return [new(0, side, 0, side)];
        if (side % step != 0 || tile % step != 0 || tile <= 2 * Margin)
            throw new ArgumentException($"A side of {side} cannot be cut in tiles of {tile} on a grid of {step}.", nameof(tile));
        var count = Count(side, tile);
        var starts = Enumerable.Range(0, count).Select(i => Snap(i * (side - tile) / (double)(count - 1))).ToArray();
        var seams = Enumerable.Range(0, count - 1).Select(i => Snap((starts[i] + tile + starts[i + 1]) / 2.0)).ToArray();
        return [.. starts.Select((s, i) => new TileSpan(s, tile, i == 0 ? 0 : seams[i - 1], i == count - 1 ? side : seams[i]))];

        int Snap(double pixels) => step * (int)Math.Floor(pixels / step);
    }

    /// <summary>Tile lengths worth trying for a side, from the longest: those that two, three, … tiles a side need.</summary>
    internal static IEnumerable<int> Lengths(int side, int step)
    {
        var last = side;
        for (var count = 2; count <= Most; count++)
        {
            var length = step * (int)Math.Ceiling(((side - 2 * Margin) / (double)count + 2 * Margin) / step);
            if (length < 4 * Margin) yield break;
            if (length >= last) continue;
            yield return last = length;
        }
    }

    private static int Count(int side, int tile)
    {
        var count = 2;
        while ((side - 2 * Margin) > count * (tile - 2 * Margin)) count++;
        return count;
    }
}
