using System.Text;
using System.Text.Json;
using CsCheck;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Tokenization;
using StyleProtect.Tests.Checkpoints;
using StyleProtect.Tests.Infrastructure;
using Xunit;

namespace StyleProtect.Tests.Tokenization;

public class ClipTokenizerTests
{
    private static readonly string s_folder = Golden.PathOf("tokenizer");
    private static readonly JsonElement s_cases = JsonDocument.Parse(File.ReadAllText(Path.Combine(s_folder, "cases.json"))).RootElement;

    public static TheoryData<string> Texts() => [.. s_cases.GetProperty("cases").EnumerateArray().Select(c => c.GetProperty("text").GetString()!)];

    [Theory]
    [MemberData(nameof(Texts))]
    public void Reference_case(string text)
    {
        var expected = s_cases.GetProperty("cases").EnumerateArray().Single(c => c.GetProperty("text").GetString() == text);
        var tokenizer = TokenizerLoader.Load(s_folder);
        var encoded = tokenizer.Encode(text);
        var tokens = expected.GetProperty("tokens").EnumerateArray().Select(t => t.GetString()!).ToArray();
        Assert.Equal(expected.GetProperty("padded").EnumerateArray().Select(i => i.GetInt64()), encoded.Ids);
        Assert.Equal(tokens.Take(75), encoded.Tokens.Select(t => t.Text));
        Assert.Equal(Math.Max(0, tokens.Length - 75), encoded.Dropped);
        Assert.Equal(s_cases.GetProperty("eos").GetInt64(), encoded.Ids[encoded.EndPosition]);
    }

    [Fact]
    public void Special_ids_and_sizes()
    {
        var tokenizer = TokenizerLoader.Load(s_folder);
        Assert.Equal(new SpecialTokenIds(543, 544, 544, 544), tokenizer.Special);
        Assert.Equal(77, tokenizer.MaxLength);
        Assert.Equal(545, tokenizer.VocabularySize);
    }

    [Fact]
    public void Every_token_knows_its_position_and_word()
    {
        const string Text = " A  photo of VAN Gogh's café\u200b!";
        var encoded = TokenizerLoader.Load(s_folder).Encode(Text);
        Assert.Equal(
            [("a</w>", "A", 0), ("photo</w>", "photo", 1), ("of</w>", "of", 2), ("van</w>", "VAN", 3), ("gogh</w>", "Gogh", 4), ("'s</w>", "'s", 4),
                ("caf", "caf", 5), ("Ã©</w>", "é", 5), ("!</w>", "!", 5)],
            encoded.Tokens.Select(t => (t.Text, Text[t.Start..t.End], t.Word)));
        Assert.Equal(Enumerable.Range(1, encoded.Tokens.Count), encoded.Tokens.Select(t => t.Position));
        Assert.Equal([4, 5], encoded.PositionsOf("van gogh"));
        Assert.Equal([7, 8], encoded.PositionsOf("CAFÉ"));
        Assert.Empty(encoded.PositionsOf("phot"));
        Assert.Empty(encoded.PositionsOf("monet"));
    }

    [Fact]
    public void Each_occurrence_of_a_phrase_is_found()
    {
        var encoded = TokenizerLoader.Load(s_folder).Encode("sks style and sks");
        Assert.Equal([1, 4], encoded.PositionsOf("sks"));
    }

    [Theory]
    [InlineData("cafe\u0301", "café")]
    [InlineData("A\u030Angstro\u0308m", "ångström")]
    [InlineData("\u212Bngstr\u00F6m", "ångström")]
    [InlineData("e\u0302\u0301", "ế")]
    [InlineData("ΟΔΥΣΣΕΥΣ", "οδυσσευς")]
    [InlineData("\u1112\u1161\u11AB", "한")]
    [InlineData("か\u3099", "が")]
    [InlineData("ПРИВЕТ", "привет")]
    [InlineData("\u0001a\uD800b\uFFFD", "ab")]
    [InlineData("a\u2028b", "a b")]
    [InlineData("中文", "中 文")]
    public void Two_ways_to_write_the_same_text_give_the_same_ids(string one, string other)
    {
        var tokenizer = TokenizerLoader.Load(s_folder);
        Assert.Equal(tokenizer.Encode(other).Ids, tokenizer.Encode(one).Ids);
    }

    [Theory]
    [InlineData("\"pad_token\": \"!\"", "\"pad_token\": \"<|endoftext|>\"")]
    [InlineData("\"pad_token\": {\"content\": \"!\", \"lstrip\": false}", "\"pad_token\": {\"content\": \"<|endoftext|>\"}")]
    public void The_fill_token_of_the_special_tokens_map_goes_first(string map, string config)
    {
        using var folder = Copy($$"""{"tokenizer_class": "CLIPTokenizer", "model_max_length": 12, {{config}}}""", $$"""{{{map}}}""");
        var encoded = TokenizerLoader.Load(folder.Path).Encode("a photo!");
        Assert.Equal([543, 320, 525, 0, 544, 0, 0, 0, 0, 0, 0, 0], encoded.Ids);
    }

    [Fact]
    public void A_tokenizer_without_limit_takes_the_usual_length()
    {
        using var folder = Copy("""{"model_max_length": 1000000000000000019884624838656}""");
        Assert.Equal(77, TokenizerLoader.Load(folder.Path).MaxLength);
    }

    [Fact]
    public void Merging_follows_the_definition_of_byte_pair_encoding()
    {
        var tokenizer = TokenizerLoader.Load(s_folder);
        var vocabulary = JsonSerializer.Deserialize<Dictionary<string, int>>(File.ReadAllText(Path.Combine(s_folder, "vocab.json")))!;
        var merges = File.ReadAllLines(Path.Combine(s_folder, "merges.txt")).Skip(1).Select((m, i) => (m, i)).ToDictionary(x => x.m, x => x.i);
        Gen.Char["theandigposkylvrcf"].Array[1, 30].Select(c => new string(c)).Sample(
            word => tokenizer.Encode(word).Tokens.Select(t => (int)t.Id).SequenceEqual(NaiveMerge(word, merges).Select(p => vocabulary[p])),
            iter: 2000, seed: "0000KXr3w1N4", threads: 1);
    }

    [Fact]
    public void Any_text_gives_a_sequence_with_positions_inside_the_text()
    {
        var tokenizer = TokenizerLoader.Load(s_folder);
        Gen.String[0, 60].Sample(
            text =>
            {
                var encoded = tokenizer.Encode(text);
                Assert.Equal(77, encoded.Ids.Length);
                Assert.All(encoded.Ids, id => Assert.InRange(id, 0, tokenizer.VocabularySize - 1));
                Assert.All(encoded.Tokens, t => Assert.True(t.Start >= 0 && t.Start < t.End && t.End <= text.Length));
                Assert.True(encoded.Tokens.Zip(encoded.Tokens.Skip(1)).All(p => p.First.Word <= p.Second.Word && p.First.Start <= p.Second.Start));
            },
            iter: 2000, seed: "0000KXr3w1N4", threads: 1);
    }

    [Fact]
    public void A_long_text_is_cut_in_little_time()
    {
        var encoded = TokenizerLoader.Load(s_folder).Encode(string.Concat(Enumerable.Repeat("painting ", 20_000)));
        Assert.Equal(75, encoded.Tokens.Count);
        Assert.Equal(20_000 - 75, encoded.Dropped);
    }

    [Theory]
    [InlineData("t h x\n", "line 2")]
    [InlineData("zz qq\n", "zz")]
    public void A_merge_that_does_not_fit_is_named(string merge, string named)
    {
        using var folder = Copy("{}");
        folder.Write("merges.txt", "#version: 0.2\n" + merge);
        var e = Assert.Throws<CheckpointException>(() => TokenizerLoader.Load(folder.Path));
        Assert.Contains("merges.txt", e.Message, StringComparison.Ordinal);
        Assert.Contains(named, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"a":0,"b":0}""", "the same id 0")]
    [InlineData("""{"a":-1}""", "'a' has the id -1")]
    [InlineData("""{"a":"x"}""", "'a' has the id x")]
    [InlineData("""{"a":0}""", "<|startoftext|>")]
    [InlineData("{}", "empty")]
    [InlineData("[1]", "vocab.json")]
    [InlineData("{", "vocab.json")]
    public void A_vocabulary_that_does_not_fit_is_named(string vocabulary, string named)
    {
        using var folder = Copy("{}");
        folder.Write("vocab.json", vocabulary);
        folder.Write("merges.txt", "#version: 0.2\n");
        Assert.Contains(named, Assert.Throws<CheckpointException>(() => TokenizerLoader.Load(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"tokenizer_class": "T5Tokenizer"}""", "T5Tokenizer")]
    [InlineData("""{"model_max_length": 2}""", "model_max_length")]
    [InlineData("""{"model_max_length": "long"}""", "model_max_length")]
    [InlineData("""{"pad_token": 3}""", "pad_token")]
    [InlineData("""{"pad_token": "<pad>"}""", "<pad>")]
    [InlineData("[]", "tokenizer_config.json")]
    public void A_configuration_that_does_not_fit_is_named(string config, string named)
    {
        using var folder = Copy(config);
        Assert.Contains(named, Assert.Throws<CheckpointException>(() => TokenizerLoader.Load(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("vocab.json")]
    [InlineData("merges.txt")]
    public void A_missing_file_is_named(string file)
    {
        using var folder = Copy("{}");
        File.Delete(folder[file]);
        Assert.Contains(file, Assert.Throws<CheckpointException>(() => TokenizerLoader.Load(folder.Path)).Message, StringComparison.Ordinal);
        Assert.Contains(
            "no tokenizer folder", Assert.Throws<CheckpointException>(() => TokenizerLoader.Load(folder["none"])).Message, StringComparison.Ordinal);
    }

    private static TemporaryFolder Copy(string config, string? map = null)
    {
        var folder = new TemporaryFolder();
        foreach (var name in new[] { "vocab.json", "merges.txt" }) File.Copy(Path.Combine(s_folder, name), folder[name]);
        folder.Write("tokenizer_config.json", config);
        if (map is not null) folder.Write("special_tokens_map.json", map);
        return folder;
    }

    /// <summary>Merge the pair that comes first in the list, everywhere, until none is left.</summary>
    internal static List<string> NaiveMerge(string word, IReadOnlyDictionary<string, int> merges)
    {
        var parts = Encoding.UTF8.GetBytes(word).Select(b => ByteAlphabet.Of(b).ToString()).ToList();
        parts[^1] += "</w>";
        while (parts.Count > 1)
        {
            var best = parts.Zip(parts.Skip(1)).Where(p => merges.ContainsKey($"{p.First} {p.Second}")).OrderBy(p => merges[$"{p.First} {p.Second}"])
                .Cast<(string, string)?>().FirstOrDefault();
            if (best is not { } pair) break;
            for (var i = 0; i + 1 < parts.Count; i++)
            {
                if (parts[i] != pair.Item1 || parts[i + 1] != pair.Item2) continue;
                parts[i] += parts[i + 1];
                parts.RemoveAt(i + 1);
            }
        }

        return parts;
    }
}
