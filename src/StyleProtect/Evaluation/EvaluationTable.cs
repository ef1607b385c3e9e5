using System.Globalization;
using System.Text;

namespace StyleProtect.Evaluation;

/// <summary>The figures as a table for other programs.</summary>
internal static class EvaluationTable
{
    private const string Heading = "condition,purifier,measure,mean,low,high,seeds,difference,difference_low,difference_high";

    /// <summary>One line for each condition, purifier and measure; numbers unscaled, intervals 95 %, differences to the clean mimic paired by seed.</summary>
    internal static string Csv(EvaluationSummary summary)
    {
        var csv = new StringBuilder(Heading).Append('\n');
        Append(EvaluationFolder.Before, EvaluationRun.NoPurifier, summary.Before);
        foreach (var result in summary.Results)
        {
            if (result.Gain is { } gain) Line(result.Condition, result.Purifier, "gain", gain, null);
            if (result.Removed is { } removed) Line(result.Condition, result.Purifier, "removed", removed, null);
            Append(result.Condition, result.Purifier, result.Measures);
        }

        return csv.ToString();

        void Append(string condition, string purifier, IReadOnlyDictionary<string, MeasureEstimate> measures)
        {
            foreach (var measure in summary.Measures)
                if (measures.TryGetValue(measure.Key, out var estimate)) Line(condition, purifier, measure.Key, estimate.Value, estimate.Difference);
        }

        void Line(string condition, string purifier, string measure, Estimate value, Estimate? difference) => csv.Append(
            CultureInfo.InvariantCulture,
            $"{Cell(condition)},{Cell(purifier)},{Cell(measure)},{value.Mean:R},{value.Low:R},{value.High:R},{value.Count},{difference?.Mean:R},{difference?.Low:R},{difference?.High:R}\n");
    }

    private static string Cell(string text) => text.AsSpan().IndexOfAny(",\"\n\r") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
