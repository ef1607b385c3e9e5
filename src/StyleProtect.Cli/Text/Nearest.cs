using StyleProtect.Layers;

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
            .Select(c => (Candidate: c, Distance: EditDistance.Of(typed.ToLowerInvariant(), c.ToLowerInvariant())))
            .DefaultIfEmpty((Candidate: "", Distance: int.MaxValue))
            .MinBy(c => c.Distance);
        return distance <= Math.Max(2, typed.Length / 3) && distance < best.Length ? best : null;
    }
}
