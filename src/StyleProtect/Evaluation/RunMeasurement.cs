using StyleProtect.Artworks;
using StyleProtect.Attacks;
using StyleProtect.Evaluation.Measures;

namespace StyleProtect.Evaluation;

/// <summary>Measures painted pictures from their files. Another set of measures so costs no new attack.</summary>
internal sealed class RunMeasurement(IReadOnlyList<IPaintedMeasure> measures, IReadOnlyList<Artwork> originals, IReadOnlyList<string> prompts, EvaluationFolder files)
{
    /// <summary>Brings every run's figures up to date, in its JSON file too.</summary>
    internal (IReadOnlyList<EvaluationRun> Before, IReadOnlyList<EvaluationRun> Runs) Measure(IReadOnlyList<EvaluationRun> before, IReadOnlyList<EvaluationRun> runs, CancellationToken cancellationToken)
    {
        var clean = runs.Where(r => r is { Condition: EvaluationCondition.Clean, Purifier: EvaluationRun.NoPurifier, Diverged: false }).ToDictionary(r => r.Seed);
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
        var identity = AttackIdentity.Of(originals, new { run.Settings, clean = clean?.Settings, measures = measures.Select(m => new { m.Info.Key, m.Info.Identity }) });
        if (run.MeasuredBy == identity) return run;
        var painted = new PaintedPictures(Pictures(run), prompts, originals) { Clean = clean is null ? null : Pictures(clean) };
        Dictionary<string, double> figures = [];
        foreach (var measure in measures)
            if (measure.Measure(painted) is { } figure)
                figures[measure.Info.Key] = double.IsFinite(figure) ? figure : throw new InvalidOperationException($"The measure '{measure.Info.Key}' gave {figure} for {run.Condition}, purifier {run.Purifier}, seed {run.Seed}; null says that there is no figure.");
        var measured = run with { MeasuredBy = identity, Measures = figures };
        EvaluationJson.Write(files.Painted(run.Condition, run.Purifier, run.Seed) + ".json", measured);
        return measured;
    }

    private IReadOnlyList<Artwork> Pictures(EvaluationRun run)
    {
        var folder = files.Painted(run.Condition, run.Purifier, run.Seed);
        return KeptPictures.Load(folder, run.Settings) ?? throw new IOException($"The pictures in '{folder}' were changed while the evaluation ran.");
    }
}
