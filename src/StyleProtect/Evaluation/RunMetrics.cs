using StyleProtect.Artworks;
using StyleProtect.Attacks;
using StyleProtect.Evaluation.Metrics;

namespace StyleProtect.Evaluation;

/// <summary>Computes metrics of generated pictures from their files. Another set of metrics so costs no new attack.</summary>
internal sealed class RunMetrics(
    IReadOnlyList<IGenerationMetric> metrics, IReadOnlyList<Artwork> originals, IReadOnlyList<string> prompts, EvaluationFolder files)
{
    /// <summary>Brings every run's metrics up to date, in its JSON file too.</summary>
    internal (IReadOnlyList<EvaluationRun> Before, IReadOnlyList<EvaluationRun> Runs) Compute(
        IReadOnlyList<EvaluationRun> before, IReadOnlyList<EvaluationRun> runs, CancellationToken cancellationToken)
    {
        var clean = runs.Where(r => r is { Condition: EvaluationCondition.Clean, Purifier: EvaluationRun.NoPurifier, Diverged: false })
            .ToDictionary(r => r.Seed);
        return ([.. before.Select(One)], [.. runs.Select(One)]);

        EvaluationRun One(EvaluationRun run)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var reference = clean.TryGetValue(run.Seed, out var other) && other != run ? other : null;
            return run.Diverged ? run : Measured(run, reference);
        }
    }

    private EvaluationRun Measured(EvaluationRun run, EvaluationRun? clean)
    {
        // The member names are part of the hash: they stay as earlier versions have them.
        var identity = AttackIdentity.Of(
            originals, new { run.Settings, clean = clean?.Settings, measures = metrics.Select(m => new { m.Info.Key, m.Info.Identity }) });
        if (run.MeasuredBy == identity) return run;
        var generated = new GeneratedPictures(Pictures(run), prompts, originals) { Clean = clean is null ? null : Pictures(clean) };
        Dictionary<string, double> values = [];
        foreach (var metric in metrics)
            if (Value(metric, generated, run) is { } value) values[metric.Info.Key] = value;
        var measured = run with { MeasuredBy = identity, Metrics = values };
        EvaluationJson.Write(files.Generated(run.Condition, run.Purifier, run.Seed) + ".json", measured);
        return measured;
    }

    private static double? Value(IGenerationMetric metric, GeneratedPictures generated, EvaluationRun run)
    {
        var where = $"{run.Condition}, purifier {run.Purifier}, seed {run.Seed}";
        double? value;
        try
        {
            value = metric.Compute(generated);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new InvalidOperationException($"The metric '{metric.Info.Key}' failed for {where}: {e.Message}", e);
        }

        return value is null || double.IsFinite(value.Value)
            ? value
            : throw new InvalidOperationException($"The metric '{metric.Info.Key}' gave {value} for {where}; null says that there is no value.");
    }

    private IReadOnlyList<Artwork> Pictures(EvaluationRun run)
    {
        var folder = files.Generated(run.Condition, run.Purifier, run.Seed);
        return KeptPictures.Load(folder, run.Settings) ?? throw new IOException($"The pictures in '{folder}' were changed while the evaluation ran.");
    }
}
