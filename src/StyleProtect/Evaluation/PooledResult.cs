namespace StyleProtect.Evaluation;

/// <summary>What a condition removed over several artists.</summary>
/// <param name="Condition">Name of the condition.</param>
/// <param name="Purifier">Name of the purifier; "none" for nothing.</param>
/// <param name="Removed">
/// Mean and bootstrap interval over all pairs of artist and seed; differences between the artists widen it. A few artists do not speak for all.
/// </param>
/// <param name="ByArtist">The same for each artist.</param>
public sealed record PooledResult(string Condition, string Purifier, Estimate Removed, IReadOnlyDictionary<string, Estimate> ByArtist)
{
    /// <summary>
    /// Pools evaluations. Artists whom the mimic did not copy from clean pictures (<see cref="EvaluationSummary.MimicryWorks"/>) say nothing and are left out.
    /// </summary>
    /// <param name="evaluations">Summaries by the artist's name.</param>
    /// <returns>A line for each condition and purifier that every remaining artist has, in the first one's order.</returns>
    /// <exception cref="ArgumentException">No artist remains, or they share no condition.</exception>
    public static IReadOnlyList<PooledResult> Of(IReadOnlyDictionary<string, EvaluationSummary> evaluations)
    {
        ArgumentNullException.ThrowIfNull(evaluations);
        var artists = evaluations.Where(e => e.Value.MimicryWorks).ToArray();
        if (artists.Length == 0)
            throw new ArgumentException("The mimic copied none of these artists from clean pictures, so there is nothing to compare.", nameof(evaluations));
        var results = artists.ToDictionary(a => a.Key, a => a.Value.Results.ToDictionary(r => (r.Condition, r.Purifier)), StringComparer.Ordinal);
        PooledResult[] pooled = [.. artists[0].Value.Results.Select(r => (r.Condition, r.Purifier))
            .Where(c => results.Values.All(r => r.TryGetValue(c, out var result) && result.RemovedBySeed.Count > 0))
            .Select(c => new PooledResult(
                c.Condition, c.Purifier, Estimate.Of([.. results.Values.SelectMany(r => r[c].RemovedBySeed.OrderBy(s => s.Key).Select(s => s.Value))]),
                results.ToDictionary(r => r.Key, r => r.Value[c].Removed!, StringComparer.Ordinal)))];
        return pooled.Length > 0
            ? pooled
            : throw new ArgumentException($"{string.Join(", ", artists.Select(a => a.Key))} share no condition beside the clean control.", nameof(evaluations));
    }
}
