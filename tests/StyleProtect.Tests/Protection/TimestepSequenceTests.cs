using StyleProtect.Protection.Objectives;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Protection;

public sealed class TimestepSequenceTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(7)]
    public void Every_tenth_of_the_timesteps_is_drawn_as_often_as_any_other(int draws)
    {
        using var generator = new Generator(1);
        var sequence = new TimestepSequence(1000, generator);
        const int steps = 100;
        var tenths = Enumerable.Range(0, steps).SelectMany(i => Enumerable.Range(0, draws).SelectMany(d => sequence.At(i, d, draws, views: 2)))
            .GroupBy(t => t / 100).ToDictionary(g => g.Key, g => g.Count());
        Assert.Equal(Enumerable.Range(0, 10).Select(t => (long)t), tenths.Keys.Order());
        // Chance would leave some of them a third away.
        Assert.All(tenths.Values, count => Assert.InRange(count, 0.9 * steps * draws * 2 / 10, 1.1 * steps * draws * 2 / 10));
    }

    [Fact]
    public void The_draws_of_a_step_lie_at_equal_distances()
    {
        using var generator = new Generator(2);
        var sequence = new TimestepSequence(1000, generator);
        long[] comb = [.. Enumerable.Range(0, 4).Select(d => sequence.At(3, d, 4, 1)[0]).Order()];
        Assert.All(comb, t => Assert.InRange(t, 0, 999));
        Assert.All(comb.Zip(comb.Skip(1)), p => Assert.InRange(p.Second - p.First, 249, 251));
    }
}
