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
