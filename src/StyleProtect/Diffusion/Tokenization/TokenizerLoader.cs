using StyleProtect.Diffusion.Checkpoints;

namespace StyleProtect.Diffusion.Tokenization;

/// <summary>
/// Loads the tokenizer that a folder's <c>tokenizer_config.json</c> names; CLIP's when there is no such file. A folder with a <c>tokenizer.json</c> alone
/// has all that is needed, too.
/// </summary>
internal static class TokenizerLoader
{
    /// <summary>The kind of model in a <c>tokenizer.json</c>, by class; null where the class does not say.</summary>
    private static readonly Dictionary<string, string?> s_kinds = new(StringComparer.Ordinal)
    {
        ["CLIPTokenizer"] = "BPE",
        ["CLIPTokenizerFast"] = "BPE",
        ["WordLevelTokenizer"] = "WordLevel",
        ["PreTrainedTokenizerFast"] = null,
        ["TokenizersBackend"] = null,
    };

    /// <summary>Loads a tokenizer.</summary>
    /// <param name="folder">The model's tokenizer folder.</param>
    /// <param name="overrides">What goes before the folder's own settings; null for nothing.</param>
    /// <exception cref="CheckpointException">The folder or a file is missing, does not fit, or names another kind of tokenizer.</exception>
    internal static ITokenizer Load(string folder, TokenizerOverrides? overrides = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (!Directory.Exists(folder)) throw new CheckpointException($"There is no tokenizer folder '{folder}'.");
        var settings = TokenizerSettings.Read(folder).With(overrides);
        if (settings.TokenizerClass is { } name && !s_kinds.ContainsKey(name))
            throw new CheckpointException(
                $"{Path.Combine(folder, "tokenizer_config.json")}: the tokenizer class '{SafetensorsHeader.Shown(name)}' is not supported; CLIPTokenizer and " +
                "WordLevelTokenizer are.");
        if (!File.Exists(Path.Combine(folder, "vocab.json")) && Path.Combine(folder, FastTokenizerFile.FileName) is var fast && File.Exists(fast))
            return Of(FastTokenizerFile.Read(fast), settings, fast);
        return s_kinds[settings.TokenizerClass ?? "CLIPTokenizer"] is "WordLevel"
            ? WordLevelTokenizer.Load(folder, settings) : ClipTokenizer.Load(folder, settings);
    }

    private static ITokenizer Of(FastTokenizerFile file, TokenizerSettings settings, string path)
    {
        if (settings.TokenizerClass is { } name && s_kinds[name] is { } kind && kind != file.Model)
            throw new CheckpointException($"{path} holds a {file.Model} tokenizer, and tokenizer_config.json names the class {name}.");
        var merged = settings with
        {
            Begin = settings.Begin ?? file.Begin,
            End = settings.End ?? file.End,
            Pad = settings.Pad ?? file.Pad,
            Unknown = settings.Unknown ?? file.Unknown,
        };
        return file.Model is "BPE" ? ClipTokenizer.Of(file, merged) : WordLevelTokenizer.Of(file, merged);
    }
}
