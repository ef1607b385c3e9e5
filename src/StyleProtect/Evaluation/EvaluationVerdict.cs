using System.Globalization;
using StyleProtect.Evaluation.Metrics;

namespace StyleProtect.Evaluation;

/// <summary>Says in plain words what the metrics mean: how much of the style was copied, and whether the mimic's pictures are any good.</summary>
internal static class EvaluationVerdict
{
    internal static IReadOnlyList<string> Write(IReadOnlyList<MetricInfo> metrics, IReadOnlyList<ConditionResult> results, bool mimicryWorks)
    {
        List<string> lines = [];
        var clean = results.First(r => r is { Condition: EvaluationCondition.Clean, Purifier: EvaluationRun.NoPurifier });
        if (!mimicryWorks)
            lines.Add(
                "This evaluation says little: the mimic hardly copied the style from the unprotected pictures, " +
                "so there was little to prevent. Give the attack more steps or the artist more pictures.");
        foreach (var result in results.Where(r => r.Purifier == EvaluationRun.NoPurifier && r.Condition != EvaluationCondition.Clean))
            lines.Add(Line(result, clean, metrics));
        foreach (var result in results.Where(
            r => r.Purifier != EvaluationRun.NoPurifier && r.Condition is not (EvaluationCondition.Clean or EvaluationCondition.Random)))
            lines.Add($"After {result.Purifier}: {Line(result, clean, metrics)}");
        if (results.Sum(r => r.Diverged) is > 0 and var diverged)
            lines.Add(diverged == 1 ? "One attack diverged and is left out of the metrics." : $"{diverged} attacks diverged and are left out of the metrics.");
        return lines;
    }

    private static string Line(ConditionResult result, ConditionResult clean, IReadOnlyList<MetricInfo> metrics) =>
        $"{result.Condition}: {Style(result)}{Quality(result, clean, metrics)}";

    private static string Style(ConditionResult result)
    {
        if (result.Removed is not { } removed) return "no value, the mimic copied nothing from the clean pictures or every attack diverged.";
        var range = string.Create(CultureInfo.InvariantCulture, $"{100 * removed.Low:0} to {100 * removed.High:0} %");
        var size = string.Create(CultureInfo.InvariantCulture, $"{Math.Abs(100 * removed.Mean):0} %");
        var direction = removed.Mean >= 0 ? "less" : "more";
        return removed switch
        {
            { Count: 1 } => $"a mimic with these means copied {size} {direction} of the style; one seed has no interval.",
            { IsSignificant: false } => $"no difference from unprotected pictures can be told in the style ({size} {direction}, 95 % interval {range}).",
            _ => $"a mimic with these means copied {size} {direction} of the style (95 % interval {range}).",
        };
    }

    /// <summary>Style can be copied into pictures that are useless to the mimic.</summary>
    private static string Quality(ConditionResult result, ConditionResult clean, IReadOnlyList<MetricInfo> metrics)
    {
        List<string> parts = [];
        if (Values(ContentAccuracy.Key) is var (content, ours, theirs))
            parts.Add($"show what was asked for in {content.ToText(ours.Value.Mean)} instead of {content.ToText(theirs.Value.Mean)}{Certainty(ours)}");
        if (Values(NoiseEstimate.Key) is var (noise, grain, usual) && grain.Difference is { Count: > 1, IsSignificant: true } change)
            parts.Add(
                $"are {(change.Mean > 0 ? "noisier" : "smoother")} (Immerkær σ {noise.ToText(grain.Value.Mean)} instead of {noise.ToText(usual.Value.Mean)})");
        return parts.Count > 0 ? $" Its pictures {string.Join(" and ", parts)}." : "";

        (MetricInfo, MetricEstimate, MetricEstimate)? Values(string key) =>
            metrics.FirstOrDefault(
                m => m.Key == key) is { } metric && result.Metrics.TryGetValue(key, out var value) && clean.Metrics.TryGetValue(key, out var reference)
                ? (metric, value, reference)
                : null;
    }

    private static string Certainty(MetricEstimate metric) => metric.Difference switch
    {
        { Count: > 1, IsSignificant: false } => " (no difference that can be told)",
        { Count: 1 } => " (one seed)",
        _ => "",
    };
}
