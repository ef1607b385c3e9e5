namespace TrainMiniModel.Data;

/// <summary>Byte-pair merges under which CLIP's tokenizer makes every word of a vocabulary one token.</summary>
/// <remarks>
/// Byte-pair training run to its end: each new merge has the last rank, and before it is chosen every word stands as the encoder leaves it with the
/// merges so far. So the encoder, which always takes the merge of lowest rank, repeats the same steps.
/// </remarks>
internal static class WordMerges
{
    private const string WordEnd = "</w>";

    /// <summary>Lines of <c>merges.txt</c> without its heading: two symbols with a space between.</summary>
    /// <param name="words">Words of the letters a to z.</param>
    internal static IReadOnlyList<(string Left, string Right)> Learn(IEnumerable<string> words)
    {
        var open = words.Select(Symbols).Where(s => s.Count > 1).ToList();
        var ranks = new Dictionary<(string, string), int>();
        var merges = new List<(string, string)>();
        while (open.Count > 0)
        {
            var best = open.SelectMany(Pairs).CountBy(p => p).OrderByDescending(p => p.Value)
                .ThenBy(p => p.Key.Item1, StringComparer.Ordinal).ThenBy(p => p.Key.Item2, StringComparer.Ordinal).First().Key;
            ranks.Add(best, merges.Count);
            merges.Add(best);
            foreach (var word in open) Reduce(word, ranks);
            open.RemoveAll(w => w.Count == 1);
        }

        return merges;
    }

    /// <summary>The symbols that CLIP's tokenizer makes of a word with these merges.</summary>
    internal static IReadOnlyList<string> Encode(string word, IReadOnlyList<(string Left, string Right)> merges)
    {
        var symbols = Symbols(word);
        Reduce(symbols, merges.Index().ToDictionary(m => m.Item, m => m.Index));
        return symbols;
    }

    private static List<string> Symbols(string word)
    {
        if (word.Length == 0 || !word.All(c => c is >= 'a' and <= 'z')) throw new ArgumentException($"'{word}' is no word of the letters a to z.", nameof(word));
        return [.. word[..^1].Select(c => c.ToString()), word[^1] + WordEnd];
    }

    private static IEnumerable<(string, string)> Pairs(List<string> symbols) => symbols.Zip(symbols.Skip(1));

    private static void Reduce(List<string> symbols, Dictionary<(string, string), int> ranks)
    {
        while (symbols.Count > 1)
        {
            var best = Pairs(symbols).MinBy(p => ranks.GetValueOrDefault(p, int.MaxValue));
            if (!ranks.ContainsKey(best)) return;
            for (var i = 0; i + 1 < symbols.Count; i++)
                if ((symbols[i], symbols[i + 1]) == best)
                {
                    symbols[i] += symbols[i + 1];
                    symbols.RemoveAt(i + 1);
                }
        }
    }
}
