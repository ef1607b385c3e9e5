using StyleProtect.Cli.Text;

namespace StyleProtect.Cli.Measuring;

/// <summary>What a <see cref="SensitivityDocument"/> says, in sentences: which layers come first over all measures, and how far to trust that.</summary>
internal sealed class SensitivityVerdict
{
    private const int Most = 4;

    internal SensitivityVerdict(SensitivityDocument document)
    {
        First = [.. document.Layers.OrderBy(l => l.MeanRank).ThenBy(l => l.Index).Take(Most)];
        var pairs = document.Agreements.Where(a => !(IsSimilarity(a.First) && IsSimilarity(a.Second)) && !double.IsNaN(a.Tau)).ToArray();
        Headline = $"Style shows most in {Listed(First.Select(l => l.Label))}.";
        Lines =
        [
            .. Paper(document),
            pairs.Length == 0 ? "There is only one measure, so nothing says whether another would agree."
                : $"The measures {Word(pairs.Average(p => p.Tau))} (mean Kendall's τ {Format.Number(pairs.Average(p => p.Tau), "0.00")} over {pairs.Length} " +
                    $"{(pairs.Length == 1 ? "pair" : "pairs")}).",
            Standing(document),
        ];
    }

    /// <summary>The four layers with the best mean rank.</summary>
    internal IReadOnlyList<MeasuredLayer> First { get; }

    /// <summary>The sentence to remember.</summary>
    internal string Headline { get; }

    /// <summary>The sentences that qualify it.</summary>
    internal IReadOnlyList<string> Lines { get; }

    private IEnumerable<string> Paper(SensitivityDocument document)
    {
        var set = document.Layers.Count(l => l.InPaperSet);
        if (set == 0) yield break;
        var expected = (double)set * First.Count / document.Layers.Count;
        var hits = First.Count(l => l.InPaperSet);
        yield return $"{hits} of these {First.Count} {(hits == 1 ? "is" : "are")} in the StyleProtect paper's set of {set}; a random choice has " +
            $"{Format.Number(expected, "0.#")} on average.";
    }

    /// <summary>Which layers lie above the mean of all layers by more than their own spread, by measure.</summary>
    private static string Standing(SensitivityDocument document)
    {
        var standing = document.Measures.Select(measure =>
        {
            var mean = document.Layers.Average(l => l.Scores[measure].Mean);
            return (Measure: measure,
                Layers: document.Layers.Where(l => l.Scores[measure].Mean - l.Scores[measure].Spread > mean).OrderBy(l => l.Scores[measure].Rank)
                .Select(l => l.Label).ToArray());
        }).Where(m => m.Layers.Length > 0).ToArray();
        return standing.Length == 0
            ? "No layer stands above the average layer by more than its own spread over pictures, seeds and timesteps: single pictures may say the opposite."
            : $"Above the average layer by more than their own spread are {string.Join("; ", standing.Select(m => $"in {m.Measure} {Shortened(m.Layers)}"))}.";

        static string Shortened(string[] layers) => Listed(layers.Length > Most ? layers.Take(Most).Append($"{layers.Length - Most} more") : layers);
    }

    private static string Word(double tau) => tau switch
    {
        >= 0.5 => "agree",
        >= 0.2 => "agree weakly",
        _ => "do not agree with each other",
    };

    private static string Listed(IEnumerable<string> names) =>
        names.ToArray() is [.. { Length: > 0 } head, var last] ? $"{string.Join(", ", head)} and {last}" : string.Concat(names);

    private static bool IsSimilarity(string measure) => measure.EndsWith("similarity", StringComparison.Ordinal);
}
