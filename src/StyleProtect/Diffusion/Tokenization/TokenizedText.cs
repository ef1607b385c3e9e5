namespace StyleProtect.Diffusion.Tokenization;

/// <summary>A tokenized prompt.</summary>
/// <param name="Text">The prompt as given.</param>
/// <param name="Ids">The id sequence of the tokenizer's fixed length.</param>
/// <param name="Tokens">The prompt's tokens that fitted, in order.</param>
/// <param name="Dropped">How many tokens did not fit.</param>
internal sealed record TokenizedText(string Text, long[] Ids, IReadOnlyList<TextToken> Tokens, int Dropped)
{
    /// <summary>Position of the end token.</summary>
    internal int EndPosition => Tokens.Count + 1;

    /// <summary>Positions of the tokens that a part of the prompt became; a token that is partly in it counts.</summary>
    /// <param name="start">First character.</param>
    /// <param name="end">One after the last character.</param>
    internal IReadOnlyList<int> PositionsOf(int start, int end) => [.. Tokens.Where(t => t.Start < end && t.End > start).Select(t => t.Position)];

    /// <summary>Positions of the tokens of every occurrence of a phrase as whole words, whatever its case.</summary>
    internal IReadOnlyList<int> PositionsOf(string phrase)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(phrase);
        var wanted = phrase.Trim();
        var positions = new SortedSet<int>();
        for (var at = 0; (at = Text.IndexOf(wanted, at, StringComparison.OrdinalIgnoreCase)) >= 0; at++)
            if (IsEdge(at - 1, at) && IsEdge(at + wanted.Length - 1, at + wanted.Length)) positions.UnionWith(PositionsOf(at, at + wanted.Length));
        return [.. positions];
    }

    /// <summary>Whether no word runs over the border between two neighbouring characters.</summary>
    private bool IsEdge(int left, int right) =>
        left < 0 || right >= Text.Length || !char.IsLetterOrDigit(Text[left]) || !char.IsLetterOrDigit(Text[right]);
}

/// <summary>One token of a prompt (not the begin, end and fill tokens).</summary>
/// <param name="Position">Index in the id sequence; 1 for the first, because the begin token is at 0.</param>
/// <param name="Id">The id.</param>
/// <param name="Text">The vocabulary's entry.</param>
/// <param name="Start">First character of the prompt that it comes from.</param>
/// <param name="End">One after the last character of the prompt that it comes from.</param>
/// <param name="Word">Index of the word, counted over words separated by white space (CJK characters count one by one).</param>
internal readonly record struct TextToken(int Position, long Id, string Text, int Start, int End, int Word);
