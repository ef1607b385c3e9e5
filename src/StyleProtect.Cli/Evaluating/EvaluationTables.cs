using Spectre.Console;
using StyleProtect.Cli.Terminals;
using StyleProtect.Cli.Text;
using StyleProtect.Evaluation;

namespace StyleProtect.Cli.Evaluating;

/// <summary>The results of an evaluation in the terminal.</summary>
internal static class EvaluationTables
{
    internal static void Write(Terminal terminal, EvaluationSummary summary)
    {
        var style = Tables.Create("condition", "purifier", ">gain in style similarity", ">removed of the clean gain", ">diverged");
        foreach (var result in summary.Results)
            Row(style, result.Condition, result.Purifier, result.Gain?.ToText("0.000") ?? "–",
            result.Removed is { } removed ? removed.ToText("0", 100) + " %" : "–", Format.Count(result.Diverged));
        terminal.Output.Write(style);
        var measures = Tables.Create("metric", "condition", "purifier", ">mean (95 %)", ">difference to clean (95 %)");
        foreach (var measure in summary.Measures)
        {
            Measured("before training", EvaluationRun.NoPurifier, summary.Before);
            foreach (var result in summary.Results) Measured(result.Condition, result.Purifier, result.Measures);

            void Measured(string condition, string purifier, IReadOnlyDictionary<string, MeasureEstimate> estimates)
            {
                if (estimates.TryGetValue(measure.Key, out var estimate))
                    Row(measures, measure.Title, condition, purifier, measure.ToText(estimate.Value), measure.ToText(estimate.Difference));
            }
        }

        terminal.Output.Write(measures);
        foreach (var line in summary.Verdict) terminal.WriteLine(line);
    }

    private static void Row(Table table, params string[] cells) => table.AddRow([.. cells.Select(Markup.Escape)]);
}
