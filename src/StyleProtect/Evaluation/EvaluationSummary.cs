using System.Text.Json.Serialization;
using StyleProtect.Evaluation.Metrics;

namespace StyleProtect.Evaluation;

/// <summary>The results of an evaluation.</summary>
public sealed record EvaluationSummary
{
    /// <summary>The metrics of the generated pictures that were computed (<c>measures</c> in JSON).</summary>
    [JsonPropertyName("measures")]
    public required IReadOnlyList<MetricInfo> Metrics { get; init; }

    /// <summary>Style similarity of the model before any training, by seed.</summary>
    public required IReadOnlyDictionary<long, double> Baseline { get; init; }

    /// <summary>Every metric of what the model generates before any training, by its key.</summary>
    public required IReadOnlyDictionary<string, MetricEstimate> Before { get; init; }

    /// <summary>One line for each condition and purifier.</summary>
    public required IReadOnlyList<ConditionResult> Results { get; init; }

    /// <summary>
    /// Whether the mimic copied the style from clean pictures at all: its gain is at least three times the spread over seeds. If not, the evaluation says
    /// nothing.
    /// </summary>
    public required bool MimicryWorks { get; init; }

    /// <summary>The verdict in plain words.</summary>
    public required IReadOnlyList<string> Verdict { get; init; }

    /// <summary>Picture metrics of what each condition publishes, against the originals; the clean control is not among them.</summary>
    public IReadOnlyList<PublishedResult> Published { get; init; } = [];

    /// <summary>Reads the summary that an evaluation left in its folder.</summary>
    /// <param name="folder">The evaluation's output folder.</param>
    /// <exception cref="ArgumentException">There is none, or an older version wrote it; the message says what to do.</exception>
    public static EvaluationSummary Read(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        var path = new EvaluationFolder(folder).Summary;
        // Older versions kept no values by seed.
        return EvaluationJson.Read<EvaluationSummary>(path) is { } summary && summary.Results.All(r => r.Removed is null || r.RemovedBySeed.Count > 0)
            ? summary
            : throw new ArgumentException(
                $"'{path}' is missing or another version's. Run `styleprotect evaluate … -o {folder}` again: " +
                "what has not changed is taken over.", nameof(folder));
    }

    /// <summary>Summarises runs.</summary>
    /// <param name="metrics">The metrics that were computed.</param>
    /// <param name="before">Runs of the untrained model, one for each seed.</param>
    /// <param name="runs">All attacks.</param>
    /// <exception cref="ArgumentException">The clean control is missing.</exception>
    public static EvaluationSummary Of(IReadOnlyList<MetricInfo> metrics, IReadOnlyList<EvaluationRun> before, IReadOnlyList<EvaluationRun> runs)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(runs);
        var baseline = Values(before, StyleSimilarity.Key);
        var clean = runs.Where(r => r is { Condition: EvaluationCondition.Clean, Purifier: EvaluationRun.NoPurifier }).ToArray();
        var cleanGains = Gains(baseline, clean);
        if (cleanGains.Count == 0)
            throw new ArgumentException("No attack on the clean pictures came to an end; without it nothing can be compared.", nameof(runs));
        var results = runs.GroupBy(r => (r.Condition, r.Purifier)).Select(g => Result(metrics, [.. g], baseline, cleanGains, clean)).ToArray();
        var works = Works([.. cleanGains.Values]);
        return new EvaluationSummary
        {
            Metrics = metrics,
            Baseline = baseline,
            Before = Estimates(metrics, before, clean),
            Results = results,
            MimicryWorks = works,
            Verdict = EvaluationVerdict.Write(metrics, results, works),
        };
    }

    private static ConditionResult Result(
        IReadOnlyList<MetricInfo> metrics, EvaluationRun[] runs, Dictionary<long, double> baseline, Dictionary<long, double> clean, EvaluationRun[] cleanRuns)
    {
        var gains = Gains(baseline, runs);
        var cleanMean = clean.Values.Average();
        var (condition, purifier) = (runs[0].Condition, runs[0].Purifier);
        Dictionary<long, double> missing = IsControl(runs[0]) || cleanMean <= 0
            ? []
            : gains.Where(g => clean.ContainsKey(g.Key)).ToDictionary(g => g.Key, g => (clean[g.Key] - g.Value) / cleanMean);
        return new ConditionResult(condition, purifier, Estimated(gains), Estimated(missing), runs.Count(r => r.Diverged))
        {
            RemovedBySeed = missing,
            Metrics = Estimates(metrics, runs, cleanRuns),
        };
    }

    private static Dictionary<string, MetricEstimate> Estimates(IReadOnlyList<MetricInfo> metrics, IReadOnlyList<EvaluationRun> runs, EvaluationRun[] clean)
    {
        Dictionary<string, MetricEstimate> estimates = [];
        foreach (var metric in metrics)
        {
            var values = Values(runs, metric.Key);
            if (Estimated(values) is not { } value) continue;
            var reference = IsControl(runs[0]) ? [] : Values(clean, metric.Key);
            var differences = values.Where(v => reference.ContainsKey(v.Key)).ToDictionary(v => v.Key, v => v.Value - reference[v.Key]);
            estimates[metric.Key] = new MetricEstimate(value, Estimated(differences));
        }

        return estimates;
    }

    private static bool IsControl(EvaluationRun run) => run is { Condition: EvaluationCondition.Clean, Purifier: EvaluationRun.NoPurifier };

    private static Estimate? Estimated(Dictionary<long, double> bySeed) => bySeed.Count > 0 ? Estimate.Of([.. bySeed.Values]) : null;

    private static Dictionary<long, double> Values(IEnumerable<EvaluationRun> runs, string key) =>
        runs.Where(r => r.Metrics.ContainsKey(key)).ToDictionary(r => r.Seed, r => r.Metrics[key]);

    private static Dictionary<long, double> Gains(Dictionary<long, double> baseline, IEnumerable<EvaluationRun> runs) =>
        Values(runs, StyleSimilarity.Key).Where(v => baseline.ContainsKey(v.Key)).ToDictionary(v => v.Key, v => v.Value - baseline[v.Key]);

    private static bool Works(double[] gains)
    {
        var mean = gains.Average();
        var spread = gains.Length > 1 ? Math.Sqrt(gains.Sum(g => (g - mean) * (g - mean)) / (gains.Length - 1)) : 0;
        return mean > 0 && mean >= 3 * spread;
    }
}
