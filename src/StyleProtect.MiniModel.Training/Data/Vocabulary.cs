namespace StyleProtect.MiniModel.Training.Data;

/// <summary>A word-level vocabulary in CLIP's order: words first, the two marks last, so that the end mark has the highest identifier.</summary>
internal sealed class Vocabulary
{
    /// <summary>Tokens of a prompt, marks included.</summary>
    internal const int MaxLength = 16;

    internal const string Unknown = "<|unk|>";
    internal const string Start = "<|startoftext|>";
    internal const string End = "<|endoftext|>";
    private readonly Dictionary<string, int> _ids;

    /// <summary>Takes the tokens in the order of their identifiers.</summary>
    /// <exception cref="ArgumentException">A token is there twice, or the last three are not the marks.</exception>
    internal Vocabulary(IReadOnlyList<string> tokens)
    {
        if (tokens.Count < 3 || tokens[^3] != Unknown || tokens[^2] != Start || tokens[^1] != End)
            throw new ArgumentException($"The vocabulary must end with {Unknown}, {Start}, {End}.", nameof(tokens));
        Tokens = tokens;
        _ids = new(StringComparer.Ordinal);
        for (var i = 0; i < tokens.Count; i++)
            if (!_ids.TryAdd(tokens[i], i)) throw new ArgumentException($"The vocabulary has '{tokens[i]}' twice.", nameof(tokens));
    }

    /// <summary>Rare words that no training caption contains: names for styles learned later.</summary>
    internal static IReadOnlyList<string> Reserved { get; } = ["sks", "nulevoy", "zwx", "olis", "ukj", "ohwx"];

    /// <summary>All tokens; the index is the identifier.</summary>
    internal IReadOnlyList<string> Tokens { get; }

    /// <summary>The words without the three marks.</summary>
    internal IEnumerable<string> Words => Tokens.Take(Tokens.Count - 3);

    internal int Count => Tokens.Count;

    internal int UnknownId => Count - 3;

    internal int StartId => Count - 2;

    internal int EndId => Count - 1;

    /// <summary>Builds the vocabulary of a data set.</summary>
    /// <exception cref="ArgumentException">A style's word or a reserved word is also the word of a content, which would tie the two together.</exception>
    internal static Vocabulary Build(IEnumerable<string> contents, IReadOnlyList<string> styles)
    {
        var contentWords = contents.SelectMany(Split).Concat(Captions.Words).ToHashSet(StringComparer.Ordinal);
        if (styles.Concat(Reserved).FirstOrDefault(contentWords.Contains) is { } clash)
            throw new ArgumentException($"'{clash}' is a style's or a reserved word and also the word of a content or template.", nameof(styles));
        return new Vocabulary([.. Reserved, .. styles, .. contentWords.Order(StringComparer.Ordinal), Unknown, Start, End]);
    }

    /// <summary>
    /// Identifiers of a caption: start mark, words, end mark, and end marks up to <see cref="MaxLength"/>; a caption that is too long loses its last words.
    /// </summary>
    internal long[] Encode(string caption)
    {
        var ids = new long[MaxLength];
        Array.Fill(ids, EndId);
        ids[0] = StartId;
        var at = 1;
        foreach (var word in Split(caption))
        {
            if (at == MaxLength - 1) break;
            ids[at++] = IdOf(word);
        }

        return ids;
    }

    /// <summary>Identifier of a word; that of the unknown mark when there is no such word.</summary>
    internal int IdOf(string word) => _ids.GetValueOrDefault(word, UnknownId);

    internal bool Contains(string word) => _ids.ContainsKey(word);

    internal static string[] Split(string text) =>
        text.ToLowerInvariant().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
}
