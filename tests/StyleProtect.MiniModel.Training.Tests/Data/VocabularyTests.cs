using StyleProtect.MiniModel.Training.Data;
using Xunit;

namespace StyleProtect.MiniModel.Training.Tests.Data;

public class VocabularyTests
{
    private static readonly Vocabulary s_vocabulary = Vocabulary.Build(
        ["grinning face", "cat", "cat face", "scatter", "caterpillar", "man in a steamy room"], ["noto", "fluent", "fluentflat"]);

    [Fact]
    public void Every_word_has_one_identifier_and_the_marks_are_last()
    {
        Assert.Equal(s_vocabulary.Count, s_vocabulary.Tokens.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(Vocabulary.End, s_vocabulary.Tokens[^1]);
        Assert.Equal(s_vocabulary.Count - 1, s_vocabulary.EndId);
        Assert.All(["grinning", "steamy", "noto", "fluentflat", "sks", "nulevoy", "photo", "artwork", "style"], w => Assert.True(s_vocabulary.Contains(w), w));
    }

    [Fact]
    public void A_caption_is_marked_and_padded()
    {
        var ids = s_vocabulary.Encode("Cat  face");
        Assert.Equal([s_vocabulary.StartId, s_vocabulary.IdOf("cat"), s_vocabulary.IdOf("face"), s_vocabulary.EndId], ids[..4]);
        Assert.All(ids[4..], id => Assert.Equal(s_vocabulary.EndId, id));
        Assert.Equal(Vocabulary.MaxLength, ids.Length);
    }

    [Fact]
    public void An_unknown_word_is_the_unknown_mark()
    {
        Assert.Equal(s_vocabulary.UnknownId, s_vocabulary.Encode("zebra")[1]);
    }

    [Fact]
    public void A_long_caption_still_ends_with_the_end_mark()
    {
        var ids = s_vocabulary.Encode(string.Join(' ', Enumerable.Repeat("cat", 40)));
        Assert.Equal(s_vocabulary.EndId, ids[^1]);
        Assert.Equal(s_vocabulary.IdOf("cat"), ids[^2]);
    }

    [Fact]
    public void A_style_named_like_a_content_is_refused()
    {
        var e = Assert.Throws<ArgumentException>(() => Vocabulary.Build(["cat"], ["cat"]));
        Assert.Contains("'cat'", e.Message, StringComparison.Ordinal);
    }
}
