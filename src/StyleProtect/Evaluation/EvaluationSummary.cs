namespace StyleProtect.Evaluation;

/// <summary>The figures of an evaluation.</summary>
public sealed record EvaluationSummary
{
    /// <summary>Style similarity of the model before any training, by seed.</summary>
    public required IReadOnlyDictionary<long, double> Baseline { get; init; }

    /// <summary>One line for each condition and purifier.</summary>
    public required IReadOnlyList<ConditionResult> Results { get; init; }

    /// <summary>Whether the mimic copied the style from clean pictures at all: its gain is at least three times the spread over seeds. If not, the evaluation says nothing.</summary>
    public required bool MimicryWorks { get; init; }

    /// <summary>The verdict in plain words.</summary>
    public required IReadOnlyList<string> Verdict { get; init; }

    /// <summary>Summarises runs.</summary>
    /// <param name="baseline">Style similarity of the untrained model, by seed.</param>
    /// <param name="runs">All runs.</param>
    /// <exception cref="ArgumentException">The clean control is missing.</exception>
    public static EvaluationSummary Of(IReadOnlyDictionary<long, double> baseline, IReadOnlyList<EvaluationRun> runs)
    {
        ArgumentNullException.ThrowIfNull(baseline);
        ArgumentNullException.ThrowIfNull(runs);
        var clean = Gains(baseline, runs.Where(r => r is { Condition: EvaluationCondition.Clean, Purifier: EvaluationRun.NoPurifier }));
        if (clean.Count == 0) throw new ArgumentException("No attack on the clean pictures came to an end; without it nothing can be compared.", nameof(runs));
        var results = runs.GroupBy(r => (r.Condition, r.Purifier)).Select(g => Result(g.Key.Condition, g.Key.Purifier, [.. g], baseline, clean)).ToArray();
        var works = Works([.. clean.Values]);
        return new EvaluationSummary { Baseline = baseline, Results = results, MimicryWorks = works, Verdict = EvaluationVerdict.Write(results, works) };
    }

    private static ConditionResult Result(string condition, string purifier, EvaluationRun[] runs, IReadOnlyDictionary<long, double> baseline, Dictionary<long, double> clean)
    {
        var gains = Gains(baseline, runs);
        var cleanMean = clean.Values.Average();
        double[] missing = condition == EvaluationCondition.Clean && purifier == EvaluationRun.NoPurifier || cleanMean <= 0
            ? []
            : [.. gains.Where(g => clean.ContainsKey(g.Key)).Select(g => (clean[g.Key] - g.Value) / cleanMean)];
        return new ConditionResult(condition, purifier,
            gains.Count > 0 ? Estimate.Of([.. gains.Values]) : null, missing.Length > 0 ? Estimate.Of(missing) : null, runs.Count(r => r.StyleSimilarity is null));
    }

    private static Dictionary<long, double> Gains(IReadOnlyDictionary<long, double> baseline, IEnumerable<EvaluationRun> runs) =>
        runs.Where(r => r.StyleSimilarity is not null).ToDictionary(r => r.Seed, r => r.StyleSimilarity!.Value - baseline[r.Seed]);

    private static bool Works(double[] gains)
    {
        var mean = gains.Average();
        var spread = gains.Length > 1 ? Math.Sqrt(gains.Sum(g => (g - mean) * (g - mean)) / (gains.Length - 1)) : 0;
        return mean > 0 && mean >= 3 * spread;
    }
}
