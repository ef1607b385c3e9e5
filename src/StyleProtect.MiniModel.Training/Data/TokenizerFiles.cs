using System.Text.Json;

namespace StyleProtect.MiniModel.Training.Data;

/// <summary>Writes a vocabulary as the <c>tokenizer</c> folder of a diffusers model.</summary>
internal static class TokenizerFiles
{
    /// <summary>Writes vocab.json, tokenizer_config.json and special_tokens_map.json.</summary>
    /// <remarks>Words are the only tokens; a word outside the vocabulary becomes the unknown mark.</remarks>
    internal static void Write(string folder, Vocabulary vocabulary)
    {
        Directory.CreateDirectory(folder);
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        var words = vocabulary.Words.ToList();
        foreach (var (i, word) in words.Index()) ids[word] = i;
        ids[Vocabulary.Unknown] = vocabulary.UnknownId;
        ids[Vocabulary.Start] = vocabulary.StartId;
        ids[Vocabulary.End] = vocabulary.EndId;
        var marks = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["bos_token"] = Vocabulary.Start,
            ["eos_token"] = Vocabulary.End,
            ["pad_token"] = Vocabulary.End,
            ["unk_token"] = Vocabulary.Unknown,
        };
        var configuration = new Dictionary<string, object>(marks, StringComparer.Ordinal)
        {
            ["tokenizer_class"] = "WordLevelTokenizer",
            ["model_max_length"] = Vocabulary.MaxLength,
        };
        AtomicFile.Write(Path.Combine(folder, "vocab.json"), JsonSerializer.Serialize(ids, DataManifest.Json));
        AtomicFile.Write(Path.Combine(folder, "tokenizer_config.json"), JsonSerializer.Serialize(configuration, DataManifest.Json));
        AtomicFile.Write(Path.Combine(folder, "special_tokens_map.json"), JsonSerializer.Serialize(marks, DataManifest.Json));
    }
}
