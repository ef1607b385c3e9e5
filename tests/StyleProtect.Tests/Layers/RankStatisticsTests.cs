using StyleProtect.Layers.Analysis;
using Xunit;

namespace StyleProtect.Tests.Layers;

public sealed class RankStatisticsTests
{
    // scipy.stats.kendalltau, spearmanr and pearsonr of these lists.
    private static readonly double[] s_a = [12, 2, 1, 12, 2];
    private static readonly double[] s_b = [1, 4, 7, 1, 0];

    [Fact]
    public void Kendall_counts_ties() => Assert.Equal(-0.4714045207910316, RankStatistics.Kendall(s_a, s_b), 12);

    [Fact]
    public void Spearman_shares_the_ranks_of_ties()
    {
        Assert.Equal([4.5, 2.5, 1, 4.5, 2.5], RankStatistics.Ranks(s_a));
        Assert.Equal(RankStatistics.Pearson([4.5, 2.5, 1, 4.5, 2.5], [2.5, 4, 5, 2.5, 1]), RankStatistics.Spearman(s_a, s_b), 12);
    }

    [Fact]
    public void Extremes()
    {
        Assert.Equal(1, RankStatistics.Pearson([1, 2, 3], [2, 4, 6]), 12);
        Assert.Equal(-1, RankStatistics.Kendall([1, 2, 3], [9, 5, 1]), 12);
        Assert.True(double.IsNaN(RankStatistics.Kendall([1, 1], [1, 2])));
        Assert.Equal([1, 0, 0], RankStatistics.PairwiseCosines([[1, 0], [2, 0], [0, 3]]));
    }
}
