using System.Text;

namespace StyleProtect.Diffusion.Tokenization;

/// <summary>A character of a cleaned text, and the characters of the original that it comes from.</summary>
/// <param name="Rune">The character.</param>
/// <param name="Start">First character of the original.</param>
/// <param name="End">One after the last character of the original.</param>
internal readonly record struct SourceRune(Rune Rune, int Start, int End)
{
    internal bool IsSpace => Rune.Value == ' ';
}
