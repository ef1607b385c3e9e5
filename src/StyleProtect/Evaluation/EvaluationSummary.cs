using StyleProtect.Evaluation.Measures;

namespace StyleProtect.Evaluation;

/// <summary>The figures of an evaluation.</summary>
public sealed record EvaluationSummary
{
    /// <summary>What was measured.</summary>
    public required IReadOnlyList<MeasureInfo> Measures { get; init; }

    /// <summary>Style similarity of the model before any training, by seed.</summary>
    public required IReadOnlyDictionary<long, double> Baseline { get; init; }

    /// <summary>Every measure of what the model paints before any training, by its key.</summary>
    public required IReadOnlyDictionary<string, MeasureEstimate> Before { get; init; }

    /// <summary>One line for each condition and purifier.</summary>
    public required IReadOnlyList<ConditionResult> Results { get; init; }

    /// <summary>Whether the mimic copied the style from clean pictures at all: its gain is at least three times the spread over seeds. If not, the evaluation says nothing.</summary>
    public required bool MimicryWorks { get; init; }

    /// <summary>The verdict in plain words.</summary>
    public required IReadOnlyList<string> Verdict { get; init; }

    /// <summary>Reads the summary that an evaluation left in its folder.</summary>
    /// <param name="folder">The evaluation's output folder.</param>
    /// <exception cref="ArgumentException">There is none, or an older version wrote it; the message says what to do.</exception>
    public static EvaluationSummary Read(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        var path = new EvaluationFolder(folder).Summary;
        // Older versions kept no values by seed.
        return EvaluationJson.Read<EvaluationSummary>(path) is { } summary && summary.Results.All(r => r.Removed is null || r.RemovedBySeed.Count > 0) ? summary : throw new ArgumentException(
            $"'{path}' is missing or another version's. Run `styleprotect evaluate … -o {folder}` again: what has not changed is taken over.", nameof(folder));
    }

    /// <summary>Summarises runs.</summary>
    /// <param name="measures">What was measured.</param>
    /// <param name="before">Runs of the untrained model, one for each seed.</param>
    /// <param name="runs">All attacks.</param>
    /// <exception cref="ArgumentException">The clean control is missing.</exception>
    public static EvaluationSummary Of(IReadOnlyList<MeasureInfo> measures, IReadOnlyList<EvaluationRun> before, IReadOnlyList<EvaluationRun> runs)
    {
        ArgumentNullException.ThrowIfNull(measures);
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(runs);
        var baseline = Values(before, StyleSimilarity.Key);
        var clean = runs.Where(r => r is { Condition: EvaluationCondition.Clean, Purifier: EvaluationRun.NoPurifier }).ToArray();
        var cleanGains = Gains(baseline, clean);
        if (cleanGains.Count == 0) throw new ArgumentException("No attack on the clean pictures came to an end; without it nothing can be compared.", nameof(runs));
        var results = runs.GroupBy(r => (r.Condition, r.Purifier)).Select(g => Result(measures, [.. g], baseline, cleanGains, clean)).ToArray();
        var works = Works([.. cleanGains.Values]);
        return new EvaluationSummary
        {
            Measures = measures,
            Baseline = baseline,
            Before = Estimates(measures, before, clean),
            Results = results,
            MimicryWorks = works,
            Verdict = EvaluationVerdict.Write(measures, results, works),
        };
    }

    private static ConditionResult Result(IReadOnlyList<MeasureInfo> measures, EvaluationRun[] runs, Dictionary<long, double> baseline, Dictionary<long, double> clean, EvaluationRun[] cleanRuns)
    {
        var gains = Gains(baseline, runs);
        var cleanMean = clean.Values.Average();
        var (condition, purifier) = (runs[0].Condition, runs[0].Purifier);
        var missing = IsControl(runs[0]) || cleanMean <= 0 ? [] : gains.Where(g => clean.ContainsKey(g.Key)).ToDictionary(g => g.Key, g => (clean[g.Key] - g.Value) / cleanMean);
        return new ConditionResult(condition, purifier, Estimated(gains), Estimated(missing), runs.Count(r => r.Diverged))
        {
            RemovedBySeed = missing,
            Measures = Estimates(measures, runs, cleanRuns),
        };
    }

    private static Dictionary<string, MeasureEstimate> Estimates(IReadOnlyList<MeasureInfo> measures, IReadOnlyList<EvaluationRun> runs, EvaluationRun[] clean)
    {
        Dictionary<string, MeasureEstimate> estimates = [];
        foreach (var measure in measures)
        {
            var values = Values(runs, measure.Key);
            if (Estimated(values) is not { } value) continue;
            var reference = IsControl(runs[0]) ? [] : Values(clean, measure.Key);
            estimates[measure.Key] = new MeasureEstimate(value, Estimated(values.Where(v => reference.ContainsKey(v.Key)).ToDictionary(v => v.Key, v => v.Value - reference[v.Key])));
        }

        return estimates;
    }

    private static bool IsControl(EvaluationRun run) => run is { Condition: EvaluationCondition.Clean, Purifier: EvaluationRun.NoPurifier };

    private static Estimate? Estimated(Dictionary<long, double> bySeed) => bySeed.Count > 0 ? Estimate.Of([.. bySeed.Values]) : null;

    private static Dictionary<long, double> Values(IEnumerable<EvaluationRun> runs, string key) => runs.Where(r => r.Measures.ContainsKey(key)).ToDictionary(r => r.Seed, r => r.Measures[key]);

    private static Dictionary<long, double> Gains(Dictionary<long, double> baseline, IEnumerable<EvaluationRun> runs) =>
        Values(runs, StyleSimilarity.Key).Where(v => baseline.ContainsKey(v.Key)).ToDictionary(v => v.Key, v => v.Value - baseline[v.Key]);

    private static bool Works(double[] gains)
    {
        var mean = gains.Average();
        var spread = gains.Length > 1 ? Math.Sqrt(gains.Sum(g => (g - mean) * (g - mean)) / (gains.Length - 1)) : 0;
        return mean > 0 && mean >= 3 * spread;
    }
}
