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
        var metrics = Tables.Create("metric", "condition", "purifier", ">mean (95 %)", ">difference to clean (95 %)");
        foreach (var metric in summary.Metrics)
        {
            Measured("before training", EvaluationRun.NoPurifier, summary.Before);
            foreach (var result in summary.Results) Measured(result.Condition, result.Purifier, result.Metrics);

            void Measured(string condition, string purifier, IReadOnlyDictionary<string, MetricEstimate> estimates)
            {
                if (estimates.TryGetValue(metric.Key, out var estimate))
                    Row(metrics, metric.Title, condition, purifier, metric.ToText(estimate.Value), metric.ToText(estimate.Difference));
            }
        }

        terminal.Output.Write(metrics);
        foreach (var line in summary.Verdict) terminal.WriteLine(line);
    }

    private static void Row(Table table, params string[] cells) => table.AddRow([.. cells.Select(Markup.Escape)]);
}
