using StyleProtect.Diffusion.Checkpoints;

namespace StyleProtect.Diffusion.Tokenization;

/// <summary>A tokenizer on this machine that serves a model whose files have none.</summary>
internal sealed class LocalTokenizer
{
    // CLIP's vocabulary, which all of Stable Diffusion has.
    private const int ClipTokens = 49408;

    private readonly int _maxLength;

    private LocalTokenizer(string folder, int tokens, int maxLength) => (Folder, Tokens, _maxLength) = (folder, tokens, maxLength);

    /// <summary>Where it lies.</summary>
    internal string Folder { get; }

    internal int Tokens { get; }

    /// <summary>
    /// Looks for a vocabulary of a size: beside the model, in the embedded model, in the Hugging Face cache. A text encoder's rows are its vocabulary's, so
    /// only one of exactly that size can be the right one.
    /// </summary>
    /// <param name="model">The model's file.</param>
    /// <param name="tokens">Rows of the text encoder's embedding.</param>
    /// <returns>The first that fits; null for none.</returns>
    internal static LocalTokenizer? Find(string model, int tokens)
    {
        foreach (var folder in Candidates(Path.GetDirectoryName(model)!))
        {
            if (!HasVocabulary(folder)) continue;
            try
            {
                var tokenizer = TokenizerLoader.Load(folder);
                if (tokenizer.VocabularySize == tokens) return new LocalTokenizer(folder, tokens, tokenizer.MaxLength);
            }
            catch (CheckpointException)
            {
                // Somebody else's tokenizer of another kind.
            }
        }

        return null;
    }

    /// <summary>Loads it.</summary>
    /// <param name="pad">The token that the model fills with where the vocabulary is CLIP's; null: as the tokenizer's files say.</param>
    /// <param name="maxLength">Length of the id sequences.</param>
    internal ITokenizer Load(string? pad, int maxLength) => TokenizerLoader.Load(
        Folder, new TokenizerOverrides(Tokens == ClipTokens ? pad ?? "<|endoftext|>" : null, Math.Min(maxLength, _maxLength)));

    private static bool HasVocabulary(string folder) =>
        File.Exists(Path.Combine(folder, "vocab.json")) || File.Exists(Path.Combine(folder, "tokenizer.json"));

    private static IEnumerable<string> Candidates(string folder)
    {
        yield return Path.Combine(folder, "tokenizer");
        yield return Path.Combine(AppContext.BaseDirectory, "models", "mini", "tokenizer");
        foreach (var snapshot in CachedRepository.Snapshots())
        {
            yield return Path.Combine(snapshot, "tokenizer");
            yield return snapshot;
        }
    }
}
