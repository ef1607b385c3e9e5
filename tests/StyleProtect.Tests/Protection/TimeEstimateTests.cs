using StyleProtect.Protection.Engine;
using Xunit;

namespace StyleProtect.Tests.Protection;

public sealed class TimeEstimateTests
{
    [Fact]
    public void Both_kinds_of_steps_count_and_nothing_is_left_at_the_end()
    {
        var now = TimeSpan.FromMilliseconds(20);
        var estimate = new TimeEstimate(() => now, steps: 2, training: 3, passes: 8);
        var first = estimate.Trained(0.5);
        Assert.Equal((1, 5, 0.5), (first.Step, first.Steps, first.Loss));
        // Two training steps like the first, and two picture's steps of eight times that.
        Assert.Equal(first.Elapsed * (2 + (2 * 8)), first.Remaining);
        estimate.Trained(0.5);
        estimate.Trained(0.5);
        now += TimeSpan.FromMilliseconds(20);
        var picture = estimate.Stepped(0.7);
        Assert.Equal(4, picture.Step);
        Assert.InRange(picture.Remaining, TimeSpan.FromMilliseconds(20), picture.Elapsed);
        var last = estimate.Stepped(0.7);
        Assert.Equal((5, TimeSpan.Zero), (last.Step, last.Remaining));
        Assert.InRange(estimate.Training, TimeSpan.FromMilliseconds(20), picture.Elapsed);
    }
}
