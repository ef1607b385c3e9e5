using System.Globalization;
using System.Text;

namespace StyleProtect.Evaluation;

/// <summary>The metrics as tables for other programs.</summary>
internal static class EvaluationTable
{
    private const string Heading = "condition,purifier,measure,mean,low,high,seeds,difference,difference_low,difference_high";

    private const string PictureHeading = "condition,picture,metric,value";

    /// <summary>One line for each condition, purifier and metric; numbers unscaled, intervals 95 %, differences to the clean mimic paired by seed.</summary>
    internal static string Csv(EvaluationSummary summary)
    {
        var csv = new StringBuilder(Heading).Append('\n');
        Append(EvaluationFolder.Before, EvaluationRun.NoPurifier, summary.Before);
        foreach (var result in summary.Results)
        {
            if (result.Gain is { } gain) Line(result.Condition, result.Purifier, "gain", gain, null);
            if (result.Removed is { } removed) Line(result.Condition, result.Purifier, "removed", removed, null);
            Append(result.Condition, result.Purifier, result.Metrics);
        }

        return csv.ToString();

        void Append(string condition, string purifier, IReadOnlyDictionary<string, MetricEstimate> estimates)
        {
            foreach (var metric in summary.Metrics)
                if (estimates.TryGetValue(metric.Key, out var estimate)) Line(condition, purifier, metric.Key, estimate.Value, estimate.Difference);
        }

        void Line(string condition, string purifier, string metric, Estimate value, Estimate? difference)
        {
            csv.Append(
                CultureInfo.InvariantCulture, $"{Cell(condition)},{Cell(purifier)},{Cell(metric)},{value.Mean:R},{value.Low:R},{value.High:R},{value.Count},");
            csv.Append(CultureInfo.InvariantCulture, $"{difference?.Mean:R},{difference?.Low:R},{difference?.High:R}\n");
        }
    }

    /// <summary>One line for each condition, picture (from 1) and picture metric: how much the published pictures differ from the originals.</summary>
    internal static string PicturesCsv(EvaluationSummary summary)
    {
        var csv = new StringBuilder(PictureHeading).Append('\n');
        foreach (var result in summary.Published)
            foreach (var metric in result.Metrics)
                foreach (var (i, value) in metric.ByPicture.Index())
                    if (value is not null) csv.Append(CultureInfo.InvariantCulture, $"{Cell(result.Condition)},{i + 1},{Cell(metric.Name)},{value:R}\n");
        return csv.ToString();
    }

    private static string Cell(string text) => text.AsSpan().IndexOfAny(",\"\n\r") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
