using System.Globalization;

namespace StyleProtect.Evaluation;

/// <summary>Says in plain words what the figures mean.</summary>
internal static class EvaluationVerdict
{
    internal static IReadOnlyList<string> Write(IReadOnlyList<ConditionResult> results, bool mimicryWorks)
    {
        List<string> lines = [];
        if (!mimicryWorks)
            lines.Add("This evaluation says little: the mimic hardly copied the style from the unprotected pictures, so there was little to prevent. Give the attack more steps or the artist more pictures.");
        foreach (var result in results.Where(r => r.Purifier == EvaluationRun.NoPurifier && r.Condition != EvaluationCondition.Clean)) lines.Add(Line(result));
        foreach (var result in results.Where(r => r.Purifier != EvaluationRun.NoPurifier && r.Condition is not (EvaluationCondition.Clean or "random"))) lines.Add($"After {result.Purifier}: {Line(result)}");
        if (results.Sum(r => r.Diverged) is > 0 and var diverged) lines.Add($"{diverged} attacks diverged and are left out of the figures.");
        return lines;
    }

    private static string Line(ConditionResult result)
    {
        if (result.Removed is not { } removed) return $"{result.Condition}: no figure, the mimic copied nothing from the clean pictures or every attack diverged.";
        var range = string.Create(CultureInfo.InvariantCulture, $"{100 * removed.Low:0} to {100 * removed.High:0} %");
        var size = string.Create(CultureInfo.InvariantCulture, $"{Math.Abs(100 * removed.Mean):0} %");
        return removed switch
        {
            { Count: 1 } => $"{result.Condition}: a mimic with these means copied {size} {(removed.Mean >= 0 ? "less" : "more")} of the style; one seed has no interval.",
            { IsSignificant: false } => $"{result.Condition}: no difference from unprotected pictures can be told ({size} {(removed.Mean >= 0 ? "less" : "more")}, 95 % interval {range}).",
            { Mean: > 0 } => $"{result.Condition}: a mimic with these means copied {size} less of the style (95 % interval {range}).",
            _ => $"{result.Condition}: a mimic with these means copied {size} more of the style (95 % interval {range}).",
        };
    }
}
