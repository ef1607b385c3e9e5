using System.Globalization;
using System.Text;

namespace StyleProtect.Diffusion.Tokenization;

/// <summary>
/// The clean-up of CLIP's tokenizer without ftfy: control characters go, white space becomes one kind, CJK characters stand alone,
/// composed forms, lower case. Every character keeps its position in the original.
/// </summary>
internal static class TextCleaner
{
    private const int CombiningDotAbove = 0x307;

    /// <summary>Cleans a part of a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="start">First character of the part.</param>
    /// <param name="end">One after its last character.</param>
    internal static List<SourceRune> Clean(string text, int start, int end)
    {
        var kept = new List<SourceRune>(end - start);
        for (var at = start; at < end;)
        {
            var bad = Rune.DecodeFromUtf16(text.AsSpan(at, end - at), out var rune, out var length) != System.Buffers.OperationStatus.Done;
            if (!bad) Keep(kept, new SourceRune(rune, at, at + length));
            at += length;
        }

        return LowerCase(CanonicalComposition.Compose(kept));
    }

    private static void Keep(List<SourceRune> kept, SourceRune rune)
    {
        var space = new SourceRune(new Rune(' '), rune.Start, rune.End);
        if (IsWhiteSpace(rune.Rune))
        {
            kept.Add(space);
        }
        else if (IsCjk(rune.Rune.Value))
        {
            kept.AddRange([space, rune, space]);
        }
        else if (!IsDropped(rune.Rune))
        {
            kept.Add(rune);
        }
    }

    private static bool IsWhiteSpace(Rune rune) => rune.Value is '\t' or '\n' or '\r' ||
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    private static bool IsDropped(Rune rune) => rune.Value == 0xFFFD || Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned;

    private static bool IsCjk(int c) => c is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF) or
        (>= 0x2A700 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);

    /// <summary>Full lower case, as Python has it: the dotted capital I becomes two characters, a sigma at a word's end its final form.</summary>
    private static List<SourceRune> LowerCase(List<SourceRune> text)
    {
        var result = new List<SourceRune>(text.Count);
        for (var i = 0; i < text.Count; i++)
        {
            var rune = text[i];
            switch (rune.Rune.Value)
            {
                case 'İ':
                    result.Add(rune with { Rune = new Rune('i') });
                    result.Add(rune with { Rune = new Rune(CombiningDotAbove) });
                    break;
                case 'Σ' when i > 0 && Rune.IsLetter(text[i - 1].Rune) && (i + 1 == text.Count || !Rune.IsLetter(text[i + 1].Rune)):
                    result.Add(rune with { Rune = new Rune('ς') });
                    break;
                default:
                    result.Add(rune with { Rune = Rune.ToLowerInvariant(rune.Rune) });
                    break;
            }
        }

        return result;
    }
}

/// <summary>A character of a cleaned text, and the characters of the original that it comes from.</summary>
/// <param name="Rune">The character.</param>
/// <param name="Start">First character of the original.</param>
/// <param name="End">One after the last character of the original.</param>
internal readonly record struct SourceRune(Rune Rune, int Start, int End)
{
    internal bool IsSpace => Rune.Value == ' ';
}
