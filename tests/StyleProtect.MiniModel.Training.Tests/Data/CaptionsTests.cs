using StyleProtect.MiniModel.Training.Data;
using StyleProtect.MiniModel.Training.Data.Building;
using Xunit;

namespace StyleProtect.MiniModel.Training.Tests.Data;

public class CaptionsTests
{
    private const string LongestContent = "one two three four five six";

    private static List<string> Many(string content, string style, int count = 2000)
    {
        var random = new StableRandom(7, 0);
        return [.. Enumerable.Range(0, count).Select(_ => Captions.Compose(content, style, ref random))];
    }

    [Fact]
    public void The_longest_caption_fits_the_text_encoder()
    {
        Assert.Equal(ContentNames.MostWords, ContentNames.CountWords(LongestContent));
        Assert.All(
            Many(LongestContent, "noto").Append(Captions.Full(LongestContent, "noto")),
            c => Assert.True(Vocabulary.Split(c).Length + 2 <= Vocabulary.MaxLength, c));
    }

    [Fact]
    public void Every_word_of_every_template_is_in_the_vocabulary()
    {
        var vocabulary = Vocabulary.Build([LongestContent], ["noto"]);
        foreach (var (content, style) in new[] { (LongestContent, "noto"), (LongestContent, ""), ("", "noto"), ("", "") })
            Assert.All(Many(content, style).SelectMany(Vocabulary.Split), w => Assert.True(vocabulary.Contains(w), w));
    }

    [Fact]
    public void Most_captions_name_both_and_some_name_one_or_neither()
    {
        var captions = Many("cat", "noto");
        var (content, style) = (
            captions.Where(c => c.Contains("cat", StringComparison.Ordinal)).ToHashSet(),
            captions.Where(c => c.Contains("noto", StringComparison.Ordinal)).ToHashSet());
        double Share(Func<string, bool> condition) => captions.Count(condition) / (double)captions.Count;
        Assert.InRange(Share(c => content.Contains(c) && style.Contains(c)), 0.70, 0.80);
        Assert.InRange(Share(c => content.Contains(c) && !style.Contains(c)), 0.07, 0.13);
        Assert.InRange(Share(c => !content.Contains(c) && style.Contains(c)), 0.07, 0.13);
        Assert.InRange(Share(c => !content.Contains(c) && !style.Contains(c)), 0.03, 0.08);
    }

    [Fact]
    public void The_article_fits_the_noun()
    {
        Assert.Equal("an icon of cat in the style of noto", Captions.Full("cat", "noto", "icon"));
        Assert.Equal("a picture of person in the style of openpeeps", Captions.Full("person", "openPeeps"));
        Assert.All(Many("cat", "noto"), c => Assert.DoesNotMatch("^a [aeiou]", c));
    }

    [Fact]
    public void What_is_unknown_is_not_invented()
    {
        Assert.All(Many("cat", ""), c => Assert.DoesNotContain(" style", c, StringComparison.Ordinal));
        Assert.All(Many("", "noto"), c => Assert.DoesNotContain("of  ", c, StringComparison.Ordinal));
    }
}
