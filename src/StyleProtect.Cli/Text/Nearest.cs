namespace StyleProtect.Cli.Text;

/// <summary>Finds what a mistyped word was meant to be.</summary>
internal static class Nearest
{
    /// <summary>"Did you mean 'x'?" when a candidate is close, else null.</summary>
    internal static string? Suggest(string typed, IEnumerable<string> candidates) =>
        Find(typed, candidates) is { } near ? $"Did you mean '{near}'?" : null;

    /// <summary>The closest candidate within a third of the word's length (at least two edits), or null.</summary>
    internal static string? Find(string typed, IEnumerable<string> candidates)
    {
        var (best, distance) = candidates
            .Select(c => (Candidate: c, Distance: EditDistance(typed.ToLowerInvariant(), c.ToLowerInvariant())))
            .DefaultIfEmpty((Candidate: "", Distance: int.MaxValue))
            .MinBy(c => c.Distance);
        return distance <= Math.Max(2, typed.Length / 3) && distance < best.Length ? best : null;
    }

    private static int EditDistance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j] + 1, row[j - 1] + 1), diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)));
        }

        return row[^1];
    }
}
