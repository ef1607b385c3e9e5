using StyleProtect.Diffusion.Checkpoints;

namespace StyleProtect.Diffusion.Tokenization;

/// <summary>Loads the tokenizer that a folder's <c>tokenizer_config.json</c> names; CLIP's when there is no such file.</summary>
internal static class TokenizerLoader
{
    /// <summary>Loads a tokenizer.</summary>
    /// <param name="folder">The model's tokenizer folder.</param>
    /// <exception cref="CheckpointException">The folder or a file is missing, does not fit, or names another kind of tokenizer.</exception>
    internal static ITokenizer Load(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (!Directory.Exists(folder)) throw new CheckpointException($"There is no tokenizer folder '{folder}'.");
        var settings = TokenizerSettings.Read(folder);
        return settings.TokenizerClass switch
        {
            null or "CLIPTokenizer" or "CLIPTokenizerFast" => ClipTokenizer.Load(folder, settings),
            "WordLevelTokenizer" => WordLevelTokenizer.Load(folder, settings),
            var other => throw new CheckpointException(
                $"{Path.Combine(folder, "tokenizer_config.json")}: the tokenizer class '{other}' is not supported; CLIPTokenizer and WordLevelTokenizer are."),
        };
    }
}
