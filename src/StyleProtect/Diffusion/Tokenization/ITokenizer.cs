namespace StyleProtect.Diffusion.Tokenization;

/// <summary>Turns a prompt into the ids that a text encoder reads. Immutable, thread-safe.</summary>
internal interface ITokenizer
{
    /// <summary>Length of every id sequence (<c>model_max_length</c>; 77 for CLIP).</summary>
    int MaxLength { get; }

    /// <summary>One more than the highest id: the text encoder's embedding needs at least as many rows.</summary>
    int VocabularySize { get; }

    /// <summary>Ids of the tokens that begin, end and fill a sequence, and stand for the unknown.</summary>
    SpecialTokenIds Special { get; }

    /// <summary>Tokenizes a prompt.</summary>
    /// <param name="text">Any text; empty for the unconditional prompt.</param>
    /// <returns>Ids of length <see cref="MaxLength"/> (begin, tokens, end, fill; what does not fit is cut off), and where each token comes from.</returns>
    TokenizedText Encode(string text);
}

/// <summary>Ids of the tokens with a role.</summary>
/// <param name="Begin">First of every sequence.</param>
/// <param name="End">Follows the text; CLIP's pooled output is read there.</param>
/// <param name="Pad">Fills the rest: the end token for Stable Diffusion 1.x, "!" for 2.x.</param>
/// <param name="Unknown">Stands for what the vocabulary does not have.</param>
internal readonly record struct SpecialTokenIds(int Begin, int End, int Pad, int Unknown);
