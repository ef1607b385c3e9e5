namespace StyleProtect.Diffusion.Tokenization;

/// <summary>One token of a prompt (not the begin, end and fill tokens).</summary>
/// <param name="Position">Index in the id sequence; 1 for the first, because the begin token is at 0.</param>
/// <param name="Id">The id.</param>
/// <param name="Text">The vocabulary's entry.</param>
/// <param name="Start">First character of the prompt that it comes from.</param>
/// <param name="End">One after the last character of the prompt that it comes from.</param>
/// <param name="Word">Index of the word, counted over words separated by white space (CJK characters count one by one).</param>
internal readonly record struct TextToken(int Position, long Id, string Text, int Start, int End, int Word);
