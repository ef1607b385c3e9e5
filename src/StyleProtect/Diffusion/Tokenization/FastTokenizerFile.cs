using System.Text.Json;
using StyleProtect.Diffusion.Checkpoints;

namespace StyleProtect.Diffusion.Tokenization;

/// <summary>
/// What a <c>tokenizer.json</c> (the tokenizers library's one file) says, as far as the tokenizers here need it: the kind of its model, vocabulary, merges,
/// added tokens, and the tokens with a role. Its normalizer and pre-tokenizer are not read: CLIP's and the word level's own rules hold.
/// </summary>
/// <param name="Model"><c>BPE</c> or <c>WordLevel</c>.</param>
/// <param name="Vocabulary">The entries with the added tokens.</param>
/// <param name="Merges">Pairs with a space between; empty for word level.</param>
/// <param name="Added">The tokens beside the vocabulary that are taken whole where they stand in a prompt.</param>
/// <param name="Begin">The token that the post-processor puts in front; null where there is none, as for the others.</param>
/// <param name="End">The token that it puts at the end.</param>
/// <param name="Pad">The token that fills.</param>
/// <param name="Unknown">The token for the unknown.</param>
internal sealed record FastTokenizerFile(
    string Model, Vocabulary Vocabulary, IReadOnlyList<string> Merges, IReadOnlyList<string> Added, string? Begin, string? End, string? Pad, string? Unknown)
{
    internal const string FileName = "tokenizer.json";

    /// <summary>Reads a file.</summary>
    /// <exception cref="CheckpointException">It is missing, too large, damaged, or of another kind; the message names the field.</exception>
    internal static FastTokenizerFile Read(string path) => Parse(DiffusersConfig.ReadText(path), path);

    /// <summary>Reads the content of a file.</summary>
    /// <param name="json">The content.</param>
    /// <param name="source">The file's name, for messages.</param>
    internal static FastTokenizerFile Parse(string json, string source)
    {
        try
        {
            return Checked(json, source);
        }
        catch (InvalidOperationException e)
        {
            // A text with half of a surrogate pair, which JSON can write and .NET cannot hold.
            throw new CheckpointException($"{source}: it holds a text that is not valid Unicode.", e);
        }
    }

    private static FastTokenizerFile Checked(string json, string source)
    {
        var fields = DiffusersConfig.Parse<Dictionary<string, JsonElement>>(json, source);
        var model = Object(fields.GetValueOrDefault("model"), "model", source)
            ?? throw new CheckpointException($"{source}: the field 'model' is missing; a {FileName} has the vocabulary in it.");
        // Old files do not name the kind; merges tell it.
        var kind = Text(model, "type", source) ?? (model.TryGetProperty("merges", out _) ? "BPE" : "WordLevel");
        if (kind is not ("BPE" or "WordLevel"))
            throw new CheckpointException($"{source}: a tokenizer of the kind '{Shown(kind)}' is not supported; BPE (CLIP's) and WordLevel are.");
        if (kind is "BPE") RequireClips(model, source);
        var added = AddedTokens(fields.GetValueOrDefault("added_tokens"), source);
        var vocabulary = Vocabulary.Of(Entries(model, added, source), source);
        var (begin, end) = Frame(Object(fields.GetValueOrDefault("post_processor"), "post_processor", source), source);
        var padding = Object(fields.GetValueOrDefault("padding"), "padding", source);
        return new FastTokenizerFile(
            kind, vocabulary, kind is "BPE" ? ReadMerges(model, vocabulary, source) : [], [.. added.Select(a => a.Content)], begin, end,
            padding is { } p ? Text(p, "pad_token", source) : null, Text(model, "unk_token", source));
    }

    /// <summary>CLIP's byte pairs end words with a suffix and have no other options.</summary>
    private static void RequireClips(JsonElement model, string source)
    {
        var suffix = Text(model, "end_of_word_suffix", source);
        if (suffix is not "</w>")
            throw new CheckpointException(
                $"{source}: the field 'end_of_word_suffix' is '{Shown(suffix ?? "")}'; only byte pairs as CLIP has them, with '</w>', are supported.");
        if (Text(model, "continuing_subword_prefix", source) is { Length: > 0 } prefix)
            throw new CheckpointException($"{source}: the field 'continuing_subword_prefix' is '{Shown(prefix)}'; CLIP has none.");
        if (model.TryGetProperty("byte_fallback", out var fallback) && fallback.ValueKind == JsonValueKind.True)
            throw new CheckpointException($"{source}: 'byte_fallback' is set; CLIP's tokenizer does not have it.");
    }

    private static List<(string Content, long Id)> AddedTokens(JsonElement field, string source)
    {
        var tokens = new List<(string, long)>();
        if (field.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null) return tokens;
        if (field.ValueKind != JsonValueKind.Array) throw Bad("added_tokens", "a list of tokens", field, source);
        foreach (var token in field.EnumerateArray())
        {
            if (token.ValueKind != JsonValueKind.Object || Text(token, "content", source) is not { Length: > 0 } content ||
                !token.TryGetProperty("id", out var number) || number.ValueKind != JsonValueKind.Number || !number.TryGetInt64(out var id))
                throw Bad("added_tokens", "a list of objects with 'id' and 'content'", token, source);
            tokens.Add((content, id));
        }

        return tokens;
    }

    private static IEnumerable<(string Entry, JsonElement Id)> Entries(JsonElement model, List<(string Content, long Id)> added, string source)
    {
        if (!model.TryGetProperty("vocab", out var vocab) || vocab.ValueKind != JsonValueKind.Object) throw Bad("model.vocab", "an object", vocab, source);
        foreach (var entry in vocab.EnumerateObject()) yield return (entry.Name, entry.Value);
        foreach (var (content, id) in added)
        {
            var number = JsonSerializer.SerializeToElement(id);
            if (!vocab.TryGetProperty(content, out var known))
                yield return (content, number);
            else if (known.GetRawText() != number.GetRawText())
                throw new CheckpointException(
                    $"{source}: the added token '{Shown(content)}' has the id {id}, in the vocabulary it has {Shown(known.GetRawText())}.");
        }
    }

    /// <summary>Each merge is "a b" or, in newer files, ["a", "b"].</summary>
    private static List<string> ReadMerges(JsonElement model, Vocabulary vocabulary, string source)
    {
        if (!model.TryGetProperty("merges", out var field) || field.ValueKind != JsonValueKind.Array)
            throw Bad("model.merges", "a list of pairs", field, source);
        var merges = new List<string>(field.GetArrayLength());
        foreach (var merge in field.EnumerateArray())
        {
            var pair = merge.ValueKind switch
            {
                JsonValueKind.String => merge.GetString()!.Split(' '),
                JsonValueKind.Array when merge.EnumerateArray().All(e => e.ValueKind == JsonValueKind.String) =>
                    [.. merge.EnumerateArray().Select(e => e.GetString()!)],
                _ => [],
            };
            merges.Add(MergeList.Checked(pair, vocabulary, "its vocabulary", () => $"{source}, merge {merges.Count + 1}"));
        }

        return merges;
    }

    /// <summary>The tokens that the post-processor puts around a text: RobertaProcessing's pair, or what stands beside the text in a template.</summary>
    private static (string? Begin, string? End) Frame(JsonElement? processor, string source)
    {
        if (processor is not { } field) return (null, null);
        switch (Text(field, "type", source))
        {
            case "RobertaProcessing" or "BertProcessing":
                return (FirstOf(field, "cls", source), FirstOf(field, "sep", source));
            case "TemplateProcessing":
                if (!field.TryGetProperty("single", out var single) || single.ValueKind != JsonValueKind.Array)
                    throw Bad("post_processor.single", "a list", single, source);
                var pieces = single.EnumerateArray()
                    .Select(p => p.ValueKind == JsonValueKind.Object ? Object(Property(p, "SpecialToken"), "SpecialToken", source) : null)
                    .Select(t => t is { } token ? Text(token, "id", source) : null).ToArray();
                return pieces.Length == 0 ? (null, null) : (pieces[0], pieces.Length > 1 ? pieces[^1] : null);
            default: // ByteLevel and none put nothing around it
                return (null, null);
        }
    }

    private static string? FirstOf(JsonElement processor, string field, string source)
    {
        if (!processor.TryGetProperty(field, out var pair)) return null;
        return pair.ValueKind == JsonValueKind.Array && pair.GetArrayLength() == 2 && pair[0].ValueKind == JsonValueKind.String
            ? pair[0].GetString()
            : throw Bad($"post_processor.{field}", "a pair of token and id", pair, source);
    }

    private static JsonElement Property(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value : default;

    private static JsonElement? Object(JsonElement field, string name, string source) => field.ValueKind switch
    {
        JsonValueKind.Undefined or JsonValueKind.Null => null,
        JsonValueKind.Object => field,
        _ => throw Bad(name, "an object", field, source),
    };

    private static string? Text(JsonElement parent, string name, string source) => Property(parent, name) switch
    {
        { ValueKind: JsonValueKind.Undefined or JsonValueKind.Null } => null,
        { ValueKind: JsonValueKind.String } value => value.GetString(),
        var other => throw Bad(name, "a text", other, source),
    };

    private static CheckpointException Bad(string field, string wanted, JsonElement value, string source) => new(
        $"{source}: the field '{field}' must be {wanted}, it is {(value.ValueKind == JsonValueKind.Undefined ? "missing" : Shown(value.GetRawText()))}.");

    private static string Shown(string text) => SafetensorsHeader.Shown(text);
}
