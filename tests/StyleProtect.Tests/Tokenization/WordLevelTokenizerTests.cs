using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Tokenization;
using StyleProtect.Tests.Checkpoints;
using Xunit;

namespace StyleProtect.Tests.Tokenization;

public class WordLevelTokenizerTests
{
    private const string Vocabulary =
        """{"<|startoftext|>":0,"<|endoftext|>":1,"<|unknown|>":2,"a":3,"cat":4,"style":5,"t-shirt":6,"sks":7,",":8,"café":9,"shirt":10}""";

    [Fact]
    public void Words_punctuation_and_the_unknown()
    {
        using var folder = Folder(Vocabulary);
        const string Text = "A CAT, wearing a T-shirt/shirt in SKS style!";
        var encoded = TokenizerLoader.Load(folder.Path).Encode(Text);
        Assert.Equal([0, 3, 4, 8, 2, 3, 2, 10, 10, 2, 7, 5, 1, 1, 1, 1], encoded.Ids);
        Assert.Equal(["A", "CAT", ",", "wearing", "a", "T", "shirt", "shirt", "in", "SKS", "style"], encoded.Tokens.Select(t => Text[t.Start..t.End]));
        Assert.Equal([10, 11], encoded.PositionsOf("sks style"));
        Assert.Equal(encoded.Tokens[5].Word, encoded.Tokens[7].Word);
    }

    [Fact]
    public void An_entry_with_punctuation_is_found_whole()
    {
        using var folder = Folder(Vocabulary);
        Assert.Equal([0, 3, 6, 9, 1], TokenizerLoader.Load(folder.Path).Encode("a T-Shirt cafe\u0301").Ids[..5]);
    }

    [Fact]
    public void Empty_and_overlong_prompts()
    {
        using var folder = Folder(Vocabulary);
        var tokenizer = TokenizerLoader.Load(folder.Path);
        Assert.Equal(16, tokenizer.MaxLength);
        Assert.Equal(11, tokenizer.VocabularySize);
        Assert.Equal([0, .. Enumerable.Repeat(1L, 15)], tokenizer.Encode(" ").Ids);
        var cut = tokenizer.Encode(string.Join(' ', Enumerable.Repeat("cat", 20)));
        Assert.Equal([0, .. Enumerable.Repeat(4L, 14), 1], cut.Ids);
        Assert.Equal(6, cut.Dropped);
    }

    [Fact]
    public void A_special_token_in_the_text_is_itself()
    {
        using var folder = Folder(Vocabulary);
        Assert.Equal([0, 4, 2, 4, 1], TokenizerLoader.Load(folder.Path).Encode("cat<|unknown|>cat").Ids[..5]);
    }

    [Fact]
    public void The_unknown_token_must_be_in_the_vocabulary()
    {
        using var folder = Folder("""{"<|startoftext|>":0,"<|endoftext|>":1,"a":2}""");
        Assert.Contains("<|unknown|>", Assert.Throws<CheckpointException>(() => TokenizerLoader.Load(folder.Path)).Message, StringComparison.Ordinal);
    }

    private static TemporaryFolder Folder(string vocabulary)
    {
        var folder = new TemporaryFolder();
        folder.Write("vocab.json", vocabulary);
        folder.Write("tokenizer_config.json", """{"tokenizer_class":"WordLevelTokenizer","model_max_length":16,"pad_token":"<|endoftext|>"}""");
        return folder;
    }
}
