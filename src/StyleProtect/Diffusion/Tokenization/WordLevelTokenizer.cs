using System.Text;

namespace StyleProtect.Diffusion.Tokenization;

/// <summary>
/// One token a word, from <c>vocab.json</c> (word → id). Lower case; words end at white space and punctuation, unless the vocabulary
/// has the whole of what stands between white space ("t-shirt"). A word that is not in the vocabulary becomes the unknown token,
/// punctuation that is not in it is left out.
/// </summary>
internal sealed class WordLevelTokenizer : ITokenizer
{
    private readonly Vocabulary _vocabulary;
    private readonly string[] _specialTexts;
    private readonly string _unknown;

    private WordLevelTokenizer(Vocabulary vocabulary, IReadOnlyList<string> added, TokenizerSettings settings)
    {
        string begin = settings.Begin ?? "<|startoftext|>", end = settings.End ?? "<|endoftext|>";
        var pad = settings.Pad ?? end;
        _unknown = settings.Unknown ?? "<|unknown|>";
        _vocabulary = vocabulary;
        Special = new SpecialTokenIds(
            vocabulary.Required(begin, "begin token"), vocabulary.Required(end, "end token"),
            vocabulary.Required(pad, "fill token"), vocabulary.Required(_unknown, "unknown token"));
        _specialTexts = [.. added.Concat([begin, end, pad, _unknown]).Distinct(StringComparer.Ordinal)];
        MaxLength = settings.MaxLength;
        VocabularySize = vocabulary.Size;
    }

    public int MaxLength { get; }

    public int VocabularySize { get; }

    public SpecialTokenIds Special { get; }

    /// <summary>Reads a tokenizer's folder.</summary>
    /// <exception cref="Checkpoints.CheckpointException">A file is missing or does not fit.</exception>
    internal static WordLevelTokenizer Load(string folder, TokenizerSettings settings) =>
        new(Vocabulary.Read(Path.Combine(folder, "vocab.json")), [], settings);

    /// <summary>Makes a tokenizer from the content of a <c>tokenizer.json</c>.</summary>
    /// <exception cref="Checkpoints.CheckpointException">A token with a role is not in the vocabulary.</exception>
    internal static WordLevelTokenizer Of(FastTokenizerFile file, TokenizerSettings settings) => new(file.Vocabulary, file.Added, settings);

    public TokenizedText Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var sequence = new SequenceBuilder(text, Special, MaxLength);
        var word = -1;
        foreach (var (start, end, special) in SpecialTokenSplitter.Split(text, _specialTexts))
        {
            if (special is not null)
            {
                sequence.Add(_vocabulary.Ids[special], special, start, end, ++word);
                continue;
            }

            var clean = TextCleaner.Clean(text, start, end);
            for (var at = 0; at < clean.Count;)
            {
                var length = Run(clean, at, r => !r.IsSpace);
                if (length > 0) AddWord(sequence, clean[at..(at + length)], ++word);
                at += Math.Max(1, length);
            }
        }

        return sequence.Build();
    }

    private void AddWord(SequenceBuilder sequence, List<SourceRune> runes, int word)
    {
        if (Add(sequence, runes, word)) return;
        for (var at = 0; at < runes.Count;)
        {
            var length = Run(runes, at, IsOfWord);
            if (length == 0) Add(sequence, runes[at..(at + 1)], word);
            else if (!Add(sequence, runes[at..(at + length)], word)) sequence.Add(Special.Unknown, _unknown, runes[at].Start, runes[at + length - 1].End, word);
            at += Math.Max(1, length);
        }
    }

    private bool Add(SequenceBuilder sequence, List<SourceRune> runes, int word)
    {
        var text = string.Concat(runes.Select(r => r.Rune.ToString()));
        if (!_vocabulary.Ids.TryGetValue(text, out var id)) return false;
        sequence.Add(id, text, runes[0].Start, runes[^1].End, word);
        return true;
    }

    private static int Run(List<SourceRune> text, int at, Func<SourceRune, bool> belongs)
    {
        var end = at;
        while (end < text.Count && belongs(text[end])) end++;
        return end - at;
    }

    /// <summary>Letters, digits, combining marks and the underscore.</summary>
    private static bool IsOfWord(SourceRune rune) => Rune.IsLetterOrDigit(rune.Rune) || rune.Rune.Value == '_' ||
        Rune.GetUnicodeCategory(rune.Rune) is System.Globalization.UnicodeCategory.NonSpacingMark or System.Globalization.UnicodeCategory.SpacingCombiningMark;
}
