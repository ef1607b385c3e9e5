using ScottPlot;
using StyleProtect.Cli.Measuring;
using Xunit;

namespace StyleProtect.Cli.Tests.Measuring;

public sealed class LabelLayoutTests
{
    private static readonly PixelRect s_area = new(80, 970, 660, 50);

    [Fact]
    public void No_label_covers_a_point_or_another_label()
    {
        var random = new Random(1);
        for (var round = 0; round < 200; round++)
            AssertFree([.. Enumerable.Range(0, random.Next(1, 25))
                .Select(_ => new Pixel(100 + (850 * random.NextSingle()), 70 + (570 * random.NextSingle())))]);
    }

    [Fact]
    public void Crowded_points_all_find_a_place()
    {
        var crowd = Enumerable.Range(0, 16).Select(i => new Pixel(500 + (i % 4 * 9), 300 + (i / 4 * 9))).ToArray();
        Assert.All(AssertFree(crowd), p => Assert.NotNull(p));
        Assert.All(AssertFree([new Pixel(85, 55), new Pixel(968, 658)]), p => Assert.NotNull(p)); // corners
    }

    [Fact]
    public void A_label_that_fits_nowhere_has_no_place() =>
        Assert.Null(LabelLayout.Place([new Pixel(500, 300)], [new PixelSize(float.MaxValue, 18)], s_area)[0]);

    private static PixelRect?[] AssertFree(Pixel[] points)
    {
        var places = LabelLayout.Place(points, [.. points.Select(_ => new PixelSize(74, 18))], s_area);
        for (var i = 0; i < places.Length; i++)
        {
            if (places[i] is not { } place) continue;
            Assert.All(points, p => Assert.False(p.X > place.Left && p.X < place.Right && p.Y > place.Top && p.Y < place.Bottom));
            for (var j = 0; j < i; j++) Assert.False(places[j] is { } other && LabelLayout.Overlap(place, other));
        }

        return places;
    }
}
