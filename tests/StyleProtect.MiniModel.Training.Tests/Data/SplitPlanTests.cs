using StyleProtect.MiniModel.Training.Data;
using Xunit;

namespace StyleProtect.MiniModel.Training.Tests.Data;

public class SplitPlanTests
{
    private static readonly string[] s_styles = ["noto", "twemoji", "fluent", "emojione", "notoold", "fluentflat"];
    private static readonly string[] s_contents = [.. Enumerable.Range(0, 500).Select(i => $"content {i}")];

    private static SplitPlan Plan(long seed = 3, IEnumerable<string>? contents = null, IEnumerable<string>? styles = null) =>
        SplitPlan.Draw([.. contents ?? s_contents], [.. styles ?? s_styles], seed, 20, 0.08, new HashSet<string>(StringComparer.Ordinal) { "content 5" });

    private static List<PictureSplit> All(SplitPlan plan) => [.. s_styles.SelectMany(s => s_contents.Select(c => plan.Of(s, c)))];

    [Fact]
    public void The_seed_alone_decides()
    {
        Assert.Equal(All(Plan()), All(Plan(contents: s_contents.Reverse(), styles: s_styles.Reverse())));
        Assert.NotEqual(All(Plan()), All(Plan(seed: 4)));
    }

    [Fact]
    public void The_plan_is_the_same_on_every_machine()
    {
        // Values of the first run; a change would mix training and held-out pictures of data sets built before.
        Assert.Equal(6249440539135957749UL, StableHash.Of(2026, "pair", "noto", "cat"));
    }

    [Fact]
    public void Shares_are_kept_in_every_style()
    {
        var plan = Plan();
        Assert.Equal(20, plan.HeldOutContents.Count);
        Assert.All(s_styles, s => Assert.Equal(38, s_contents.Count(c => plan.Of(s, c) == PictureSplit.HeldOutPair)));
        Assert.Equal(6 * 38, plan.HeldOutPairs);
    }

    [Fact]
    public void A_content_is_held_out_everywhere_or_in_at_most_two_styles()
    {
        var plan = Plan();
        foreach (var content in s_contents)
        {
            var parts = s_styles.Select(s => plan.Of(s, content)).ToList();
            if (plan.HeldOutContents.Contains(content)) Assert.All(parts, p => Assert.Equal(PictureSplit.HeldOutContent, p));
            else Assert.InRange(parts.Count(p => p == PictureSplit.HeldOutPair), 0, 2);
        }
    }

    [Fact]
    public void Contents_that_must_be_trained_are_trained() => Assert.All(s_styles, s => Assert.Equal(PictureSplit.Train, Plan().Of(s, "content 5")));

    [Fact]
    public void What_was_held_out_stays_so_when_a_style_joins()
    {
        HashSet<string> drawn = [.. s_contents.Where((_, i) => i % 3 > 0), "content of its own"];
        var joined = SplitPlan.Draw(
            s_contents, s_styles, 3, 20, 0.08, new HashSet<string>(StringComparer.Ordinal) { "content 5" },
            new Dictionary<string, HashSet<string>> { ["lines"] = drawn });
        Assert.Equal(All(Plan()), All(joined));
        var pairs = s_contents.Append("content of its own").Where(c => joined.Of("lines", c) == PictureSplit.HeldOutPair).ToList();
        Assert.Equal(38, pairs.Count);
        Assert.All(pairs, c => Assert.True(drawn.Contains(c) && c is not ("content 5" or "content of its own"), c));
        Assert.All(pairs, c => Assert.InRange(s_styles.Append("lines").Count(s => joined.Of(s, c) == PictureSplit.HeldOutPair), 1, 2));
        Assert.All(joined.HeldOutContents, c => Assert.Equal(PictureSplit.HeldOutContent, joined.Of("lines", c)));
    }

    [Fact]
    public void A_drawing_that_shows_two_contents_is_held_out_where_one_of_them_is()
    {
        var plan = Plan();
        var content = plan.HeldOutContents.First();
        var pair = s_contents.First(c => plan.Of("noto", c) == PictureSplit.HeldOutPair);
        Assert.Equal(PictureSplit.HeldOutContent, plan.Of("noto", ["content 5", pair, content]));
        Assert.Equal(PictureSplit.HeldOutPair, plan.Of("noto", ["content 5", pair]));
        Assert.Equal(PictureSplit.Train, plan.Of("noto", ["content 5"]));
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(0.3)]
    [InlineData(double.NaN)]
    public void An_impossible_share_is_refused(double share) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => SplitPlan.Draw(s_contents, s_styles, 1, 20, share, new HashSet<string>(StringComparer.Ordinal)));
}
