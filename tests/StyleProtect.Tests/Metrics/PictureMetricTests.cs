using StyleProtect.Artworks;
using StyleProtect.Metrics;
using StyleProtect.Tests.Artworks;
using Xunit;

namespace StyleProtect.Tests.Metrics;

public sealed class PictureMetricTests
{
    private static readonly Artwork s_original = TestPictures.Random(200, 180, 8, false, 1), s_changed = TestPictures.Random(200, 180, 8, false, 2);

    [Fact]
    public void Built_in_metrics_equal_the_functions_in_every_bit()
    {
        float[] a = s_original.ToPlanarRgb(), b = s_changed.ToPlanarRgb();
        Assert.Equal(ImageDifference.Psnr(a, b), PictureMetrics.Psnr.Compute(s_original, s_changed));
        Assert.Equal(StructuralSimilarity.Compute(a, b, 200, 180), PictureMetrics.Ssim.Compute(s_original, s_changed));
        Assert.Equal(ImageDifference.LInfinity(a, b), PictureMetrics.LInfinity.Compute(s_original, s_changed));
        Assert.Equal(MultiScaleSimilarity.Compute(a, b, 200, 180), PictureMetrics.MsSsim.Compute(s_original, s_changed));
        Assert.Equal(["PSNR", "SSIM", "L-infinity"], PictureMetrics.Default.Select(m => m.Name));
        Assert.Equal([true, true, false], PictureMetrics.Default.Select(m => m.HigherIsMoreSimilar));
    }

    [Fact]
    public void Equal_pictures_and_pictures_below_a_window_have_their_values()
    {
        Assert.Equal(double.PositiveInfinity, PictureMetrics.Psnr.Compute(s_original, s_original));
        Assert.Equal(1, PictureMetrics.Ssim.Compute(s_original, s_original)!.Value, 1e-12);
        var small = TestPictures.Random(6, 40, 8, false, 3);
        Assert.Null(PictureMetrics.Ssim.Compute(small, small));
        Assert.Null(PictureMetrics.MsSsim.Compute(TestPictures.Random(175, 300, 8, false, 4), TestPictures.Random(175, 300, 8, false, 5)));
        Assert.Equal(0, PictureMetrics.LInfinity.Compute(small, small));
    }

    [Fact]
    public void Pictures_of_two_sizes_are_refused() => Assert.Contains(
        "200 × 180", Assert.Throws<ArgumentException>(
            () => PictureMetrics.Psnr.Compute(s_original, TestPictures.Random(180, 200, 8, false, 2))).Message, StringComparison.Ordinal);

    [Fact]
    public void Values_stand_in_the_order_of_the_metrics_and_an_undefined_one_is_absent()
    {
        var values = PictureMetrics.Compute([new Own(_ => 2), PictureMetrics.Psnr, new Own(_ => null, "absent")], s_original, s_changed, "a.png");
        Assert.Equal(["own", "PSNR"], values.Keys);
        Assert.Equal(2, values["own"]);
    }

    [Fact]
    public void A_metric_that_fails_or_gives_no_number_is_named_with_the_picture()
    {
        var nan = Assert.Throws<InvalidOperationException>(() => PictureMetrics.Compute([new Own(_ => double.NaN)], s_original, s_changed, "picture 3"));
        Assert.Equal("The picture metric 'own' gave NaN for picture 3; null says that there is no value.", nan.Message);
        var failed = Assert.Throws<InvalidOperationException>(
            () => PictureMetrics.Compute([new Own(_ => throw new FormatException("No eyes."))], s_original, s_changed, "picture 3"));
        Assert.Equal("The picture metric 'own' failed on picture 3: No eyes.", failed.Message);
        Assert.IsType<FormatException>(failed.InnerException);
    }

    [Fact]
    public void Two_metrics_of_one_name_none_or_without_a_name_are_refused()
    {
        Assert.Contains("Two picture metrics have the name 'own'", Refused(new Own(_ => 1), new Own(_ => 2)), StringComparison.Ordinal);
        Assert.Contains("has no name", Refused(new Own(_ => 1, " ")), StringComparison.Ordinal);
        Assert.Contains("Picture metric 2 of 2 is null", Refused(new Own(_ => 1), null!), StringComparison.Ordinal);

        static string Refused(params IPictureMetric[] metrics) => Assert.Throws<ArgumentException>(() => PictureMetrics.Validate(metrics)).Message;
    }

    private sealed class Own(Func<Artwork, double?> value, string name = "own") : IPictureMetric
    {
        public string Name => name;

        public string Description => "What the test says.";

        public bool HigherIsMoreSimilar => true;

        public double? Compute(Artwork original, Artwork changed) => value(changed);
    }
}
