using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Tokenization;
using StyleProtect.Tests.Checkpoints;
using StyleProtect.Tests.Infrastructure;
using Xunit;

namespace StyleProtect.Tests.Tokenization;

/// <summary>A folder with a tokenizer.json alone, and what a model overrides.</summary>
public class FastTokenizerTests
{
    private const string Words = """{"<|startoftext|>":0,"<|endoftext|>":1,"<|unk|>":2,"a":3,"cat":4}""";
    private static readonly string s_folder = Golden.PathOf("tokenizer");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Clips_gives_the_same_ids_as_vocabulary_and_merges(bool pairs)
    {
        using var folder = new TemporaryFolder();
        folder.Write("tokenizer.json", Clip(pairs).ToJsonString());
        ITokenizer expected = TokenizerLoader.Load(s_folder), tokenizer = TokenizerLoader.Load(folder.Path);
        Assert.Equal(expected.Special, tokenizer.Special);
        Assert.Equal(expected.VocabularySize, tokenizer.VocabularySize);
        using var cases = JsonDocument.Parse(File.ReadAllText(Path.Combine(s_folder, "cases.json")));
        var texts = cases.RootElement.GetProperty("cases").EnumerateArray().Select(c => c.GetProperty("text").GetString()!).ToArray();
        Assert.True(texts.Length > 10);
        foreach (var text in texts) Assert.Equal(expected.Encode(text).Ids, tokenizer.Encode(text).Ids);
    }

    [Fact]
    public void Word_level_without_further_fields()
    {
        using var folder = new TemporaryFolder();
        folder.Write("tokenizer.json", """{"version":"1.0","model":{"type":"WordLevel","vocab":""" + Words + "}}");
        folder.Write("tokenizer_config.json", """{"tokenizer_class":"WordLevelTokenizer","model_max_length":6,"unk_token":"<|unk|>"}""");
        Assert.Equal([0, 3, 4, 2, 1, 1], TokenizerLoader.Load(folder.Path).Encode("a cat sleeps").Ids);
    }

    [Fact]
    public void Roles_come_from_the_file_where_no_configuration_names_them()
    {
        using var folder = new TemporaryFolder();
        folder.Write("tokenizer.json", """
            {"model":{"type":"WordLevel","vocab":{"[B]":0,"[E]":1,"[P]":2,"[U]":3,"cat":4},"unk_token":"[U]"},"padding":{"pad_token":"[P]"},
             "added_tokens":[{"id":7,"content":"<my-cat>","special":false}],
             "post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"[B]","type_id":0}},{"Sequence":{"id":"A","type_id":0}},
             {"SpecialToken":{"id":"[E]","type_id":0}}]}}
            """);
        folder.Write("tokenizer_config.json", """{"model_max_length":7}""");
        var tokenizer = TokenizerLoader.Load(folder.Path);
        Assert.Equal(new SpecialTokenIds(0, 1, 2, 3), tokenizer.Special);
        Assert.Equal(8, tokenizer.VocabularySize);
        Assert.Equal([0, 4, 7, 3, 1, 2, 2], tokenizer.Encode("cat <my-cat> dog").Ids);
    }

    [Fact]
    public void A_model_chooses_the_token_that_fills_and_the_length()
    {
        var plain = TokenizerLoader.Load(s_folder);
        var other = TokenizerLoader.Load(s_folder, new TokenizerOverrides("!", 8));
        Assert.NotEqual(plain.Special.Pad, other.Special.Pad);
        Assert.Equal(8, other.MaxLength);
        Assert.Equal([.. plain.Encode("a photo").Ids[..4], .. Enumerable.Repeat((long)other.Special.Pad, 4)], other.Encode("a photo").Ids);
        Assert.Equal(77, TokenizerLoader.Load(s_folder, new TokenizerOverrides("!")).MaxLength);
        Assert.Throws<ArgumentOutOfRangeException>(() => TokenizerLoader.Load(s_folder, new TokenizerOverrides(MaxLength: 2)));
        Assert.Contains("<pad>", Assert.Throws<CheckpointException>(() => TokenizerLoader.Load(s_folder, new TokenizerOverrides("<pad>"))).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}", "'model' is missing")]
    [InlineData("""{"model":[]}""", "'model' must be an object")]
    [InlineData("""{"model":{"type":"Unigram","vocab":[]}}""", "'Unigram' is not supported")]
    [InlineData("""{"model":{"type":"BPE","vocab":{},"merges":[]}}""", "end_of_word_suffix")]
    [InlineData("""{"model":{"type":"BPE","end_of_word_suffix":"</w>","byte_fallback":true,"vocab":{},"merges":[]}}""", "byte_fallback")]
    [InlineData("""{"model":{"type":"BPE","end_of_word_suffix":"</w>","continuing_subword_prefix":"##","vocab":{},"merges":[]}}""", "##")]
    [InlineData("""{"model":{"type":"BPE","end_of_word_suffix":"</w>","vocab":{},"merges":[]}}""", "empty")]
    [InlineData("""{"model":{"type":"BPE","end_of_word_suffix":"</w>","vocab":{"a":0},"merges":7}}""", "model.merges")]
    [InlineData("""{"model":{"type":"BPE","end_of_word_suffix":"</w>","vocab":{"a":0},"merges":["a"]}}""", "merge 1: 'a' is not a pair")]
    [InlineData("""{"model":{"type":"BPE","end_of_word_suffix":"</w>","vocab":{"a":0,"aa":1},"merges":["a a",["a",3]]}}""", "merge 2")]
    [InlineData("""{"model":{"type":"BPE","end_of_word_suffix":"</w>","vocab":{"a":0},"merges":[["a","a"]]}}""", "'aa' is not in its vocabulary")]
    [InlineData("""{"model":{"type":"WordLevel"}}""", "model.vocab")]
    [InlineData("""{"model":{"type":"WordLevel","vocab":{"a":-1}}}""", "'a' has the id -1")]
    [InlineData("""{"model":{"type":"WordLevel","vocab":{"a":0,"a":1}}}""", "occurs twice")]
    [InlineData("""{"model":{"type":"WordLevel","vocab":{"a":0}},"added_tokens":[{"id":1,"content":"a"}]}""", "in the vocabulary it has 0")]
    [InlineData("""{"model":{"type":"WordLevel","vocab":{"a":0}},"added_tokens":[{"id":1e30,"content":"b"}]}""", "added_tokens")]
    [InlineData("""{"model":{"type":"WordLevel","vocab":{"\ud800":0}}}""", "not valid")]
    [InlineData("""{"model":{"type":"WordLevel","vocab":{"a":0}},"post_processor":{"type":"RobertaProcessing","cls":"a"}}""", "post_processor.cls")]
    public void A_field_that_does_not_fit_is_named(string json, string named)
    {
        var e = Assert.Throws<CheckpointException>(() => FastTokenizerFile.Parse(json, "tokenizer.json"));
        Assert.StartsWith("tokenizer.json", e.Message, StringComparison.Ordinal);
        Assert.Contains(named, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_class_that_is_not_that_of_the_file_is_refused()
    {
        using var folder = new TemporaryFolder();
        folder.Write("tokenizer.json", """{"model":{"type":"WordLevel","vocab":""" + Words + "}}");
        folder.Write("tokenizer_config.json", """{"tokenizer_class":"CLIPTokenizer"}""");
        var e = Assert.Throws<CheckpointException>(() => TokenizerLoader.Load(folder.Path));
        Assert.Contains("holds a WordLevel tokenizer", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_too_large_is_not_read()
    {
        using var folder = new TemporaryFolder();
        using (var file = File.Create(folder["tokenizer.json"])) file.SetLength(17 * 1024 * 1024);
        Assert.Contains("not credible", Assert.Throws<CheckpointException>(() => TokenizerLoader.Load(folder.Path)).Message, StringComparison.Ordinal);
    }

    /// <summary>Whatever is changed in a file, it is read or refused with a message; nothing else is thrown.</summary>
    [Fact]
    public void Damaged_files_are_read_or_refused()
    {
        const string Small = """
            {"version":"1.0","added_tokens":[{"id":7,"content":"<x>"}],"post_processor":{"type":"RobertaProcessing","sep":["<|endoftext|>",1],
            "cls":["<|startoftext|>",0]},"padding":null,"model":{"type":"BPE","end_of_word_suffix":"</w>","unk_token":"<|unk|>",
            "vocab":{"<|startoftext|>":0,"<|endoftext|>":1,"<|unk|>":2,"a":3,"cat":4,"acat":5,"aa":6},"merges":["a cat",["a","a"]]}}
            """;
        Assert.Equal(["a cat", "a a"], FastTokenizerFile.Parse(Small, "x").Merges);
        string[] puts = ["", "{", "}", "[", "]", "\"", "null", "-1", "1e99", "\\ud800", ",", " "];
        Gen.Select(Gen.Int[0, Small.Length - 1], Gen.Int[0, 12], Gen.Int[0, puts.Length - 1].Select(i => puts[i]))
            .Sample((at, length, put) =>
            {
                var damaged = Small[..at] + put + Small[Math.Min(Small.Length, at + length)..];
                try
                {
                    FastTokenizerFile.Parse(damaged, "x");
                }
                catch (CheckpointException e)
                {
                    Assert.StartsWith("x", e.Message, StringComparison.Ordinal);
                }
            }, iter: 3000);
    }

    /// <summary>The golden vocabulary and merges in the one-file layout.</summary>
    private static JsonObject Clip(bool pairs)
    {
        var merges = File.ReadLines(Path.Combine(s_folder, "merges.txt")).Skip(1).Where(l => l.Length > 0)
            .Select(l => pairs ? (JsonNode)new JsonArray([.. l.Split(' ').Select(p => (JsonNode)p)]) : l);
        return new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = JsonNode.Parse(
                """[{"id":543,"content":"<|startoftext|>","special":true},{"id":544,"content":"<|endoftext|>","special":true}]"""),
            ["post_processor"] = JsonNode.Parse("""{"type":"RobertaProcessing","sep":["<|endoftext|>",544],"cls":["<|startoftext|>",543]}"""),
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["unk_token"] = "<|endoftext|>",
                ["continuing_subword_prefix"] = "",
                ["end_of_word_suffix"] = "</w>",
                ["vocab"] = JsonNode.Parse(File.ReadAllText(Path.Combine(s_folder, "vocab.json"))),
                ["merges"] = new JsonArray([.. merges]),
            },
        };
    }
}
