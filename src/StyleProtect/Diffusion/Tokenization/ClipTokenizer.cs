using System.Text;
using System.Text.RegularExpressions;
using Microsoft.ML.Tokenizers;
using StyleProtect.Diffusion.Checkpoints;

namespace StyleProtect.Diffusion.Tokenization;

/// <summary>
/// CLIP's byte-pair tokenizer from <c>vocab.json</c> and <c>merges.txt</c> (or <c>tokenizer.json</c>): what transformers' CLIPTokenizer gives when ftfy is
/// not installed.
/// The merging itself is Microsoft.ML.Tokenizers'; clean-up, splitting, specials and the positions in the prompt are done here.
/// </summary>
internal sealed partial class ClipTokenizer : ITokenizer
{
    private const string DefaultBegin = "<|startoftext|>", DefaultEnd = "<|endoftext|>", WordEnd = "</w>";
    private readonly BpeTokenizer _merger;
    private readonly Dictionary<string, int> _specials;
    private readonly string[] _specialTexts;

    private ClipTokenizer(Vocabulary vocabulary, IReadOnlyList<string> merges, IReadOnlyList<string> added, TokenizerSettings settings)
    {
        string begin = settings.Begin ?? DefaultBegin, end = settings.End ?? DefaultEnd, pad = settings.Pad ?? DefaultEnd,
            unknown = settings.Unknown ?? DefaultEnd;
        Special = new SpecialTokenIds(
            vocabulary.Required(begin, "begin token"), vocabulary.Required(end, "end token"),
            vocabulary.Required(pad, "fill token"), vocabulary.Required(unknown, "unknown token"));
        MaxLength = settings.MaxLength;
        VocabularySize = vocabulary.Size;
        // Every token with a role is special when it stands in a prompt, as in transformers: with "!" as the fill token (Stable Diffusion 2)
        // each "!" of a prompt becomes that token.
        _specials = added.Concat([begin, end, pad, unknown]).Distinct(StringComparer.Ordinal)
            .ToDictionary(t => t, t => vocabulary.Ids[t], StringComparer.Ordinal);
        _specialTexts = [.. _specials.Keys];
        _merger = BpeTokenizer.Create(new BpeOptions(vocabulary.Ids)
        {
            Merges = merges,
            EndOfWordSuffix = WordEnd,
            UnknownToken = unknown,
            PreTokenizer = new RegexPreTokenizer(Everything(), specialTokens: null), // the pieces are cut here, it must not cut them again
        });
    }

    public int MaxLength { get; }

    public int VocabularySize { get; }

    public SpecialTokenIds Special { get; }

    /// <summary>Reads a tokenizer's folder.</summary>
    /// <exception cref="CheckpointException">A file is missing or does not fit.</exception>
    internal static ClipTokenizer Load(string folder, TokenizerSettings settings)
    {
        var vocabulary = Vocabulary.Read(Path.Combine(folder, "vocab.json"));
        return new ClipTokenizer(vocabulary, MergeList.Read(Path.Combine(folder, "merges.txt"), vocabulary), [], settings);
    }

    /// <summary>Makes a tokenizer from the content of a <c>tokenizer.json</c>.</summary>
    /// <exception cref="CheckpointException">A token with a role is not in the vocabulary.</exception>
    internal static ClipTokenizer Of(FastTokenizerFile file, TokenizerSettings settings) => new(file.Vocabulary, file.Merges, file.Added, settings);

    public TokenizedText Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var sequence = new SequenceBuilder(text, Special, MaxLength);
        var word = -1;
        foreach (var (start, end, special) in SpecialTokenSplitter.Split(text, _specialTexts))
        {
            if (special is not null) sequence.Add(_specials[special], special, start, end, ++word);
            else word = AddText(sequence, TextCleaner.Clean(text, start, end), word);
        }

        return sequence.Build();
    }

    /// <returns>Index of the last word.</returns>
    private int AddText(SequenceBuilder sequence, List<SourceRune> text, int word)
    {
        var between = true;
        for (var at = 0; at < text.Count;)
        {
            if (text[at].IsSpace)
            {
                between = true;
                at++;
                continue;
            }

            if (between) word++;
            between = false;
            var length = PieceLength(text, at);
            AddPiece(sequence, text[at..(at + length)], word);
            at += length;
        }

        return word;
    }

    private void AddPiece(SequenceBuilder sequence, List<SourceRune> piece, int word)
    {
        var letters = new StringBuilder();
        var sources = new List<SourceRune>();
        Span<byte> bytes = stackalloc byte[4];
        foreach (var rune in piece)
        {
            foreach (var b in bytes[..rune.Rune.EncodeToUtf8(bytes)])
            {
                letters.Append(ByteAlphabet.Of(b));
                sources.Add(rune);
            }
        }

        // A special token in capitals is one after lowering the case.
        if (_specials.TryGetValue(letters.ToString(), out var id) && piece.Count > 1)
        {
            sequence.Add(id, letters.ToString(), piece[0].Start, piece[^1].End, word);
            return;
        }

        foreach (var token in _merger.EncodeToTokens(letters.ToString(), out _, considerPreTokenization: true, considerNormalization: false))
        {
            var (from, to) = (token.Offset.Start.Value, token.Offset.End.Value);
            sequence.Add(token.Id, token.Value, sources[from].Start, sources[to - 1].End, word);
        }
    }

    /// <summary>CLIP's pattern: a special token, an English contraction, a run of letters, one digit, a run of anything else.</summary>
    private int PieceLength(List<SourceRune> text, int at)
    {
        foreach (var special in _specialTexts)
            if (special.Length > 1 && StartsWith(text, at, special)) return special.Length;
        foreach (var ending in (ReadOnlySpan<string>)["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"])
            if (StartsWith(text, at, ending)) return ending.Length;
        var kind = Kind(text[at].Rune);
        if (kind == 'N') return 1;
        var end = at + 1;
        while (end < text.Count && !text[end].IsSpace && Kind(text[end].Rune) == kind) end++;
        return end - at;
    }

    private static bool StartsWith(List<SourceRune> text, int at, string wanted)
    {
        if (at + wanted.Length > text.Count) return false;
        for (var i = 0; i < wanted.Length; i++)
            if (text[at + i].Rune.Value != wanted[i]) return false;
        return true;
    }

    private static char Kind(Rune rune) => Rune.IsLetter(rune) ? 'L' : Rune.IsNumber(rune) ? 'N' : '-';

    [GeneratedRegex(@"[\s\S]+", RegexOptions.None, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Everything();
}
