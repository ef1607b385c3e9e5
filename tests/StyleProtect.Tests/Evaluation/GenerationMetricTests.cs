using StyleProtect.Artworks;
using StyleProtect.Evaluation.Metrics;
using StyleProtect.Perception;
using StyleProtect.Protection;
using Xunit;

namespace StyleProtect.Tests.Evaluation;

public sealed class GenerationMetricTests
{
    [Fact]
    public void The_noise_estimate_finds_gaussian_noise_and_no_flat_colours_ramps_or_straight_edges()
    {
        Assert.Equal(0, NoiseEstimate.Of(Picture(64, (_, _) => 90))!.Value, 1e-4);
        Assert.Equal(0, NoiseEstimate.Of(Picture(64, (x, y) => x + (2 * y)))!.Value, 1e-4);
        Assert.Equal(0, NoiseEstimate.Of(Picture(64, (x, _) => x < 30 ? 20 : 220))!.Value, 1e-4);
        foreach (var sigma in (double[])[2, 8, 20])
        {
            var random = new Random(5);
            var estimated = NoiseEstimate.Of(Picture(128, (_, _) => 128 + (sigma * Gaussian(random))))!.Value;
            Assert.InRange(estimated, 0.93 * sigma, 1.07 * sigma);
        }

        Assert.Null(NoiseEstimate.Of(Picture(2, (_, _) => 1)));
    }

    [Fact]
    public void Total_variation_is_the_mean_of_both_differences_and_1_for_the_artists_own_pictures()
    {
        Assert.Equal(0, TotalVariationRatio.Of(Picture(8, (_, _) => 7)), 1e-4);
        Assert.Equal(3 * 7 / 8.0, TotalVariationRatio.Of(Picture(8, (x, y) => x + (2 * y))), 1e-4); // 1 and 2 a step, but for the first column and row
        Artwork[] own = [Picture(32, (x, y) => (x * y) % 200), Picture(32, (x, _) => x < 9 ? 0 : 255)];
        Assert.Equal(1, new TotalVariationRatio().Compute(new GeneratedPictures(own, ["a", "b"], own))!.Value, 1e-6);
        var doubled = Picture(64, (x, y) => (x / 2) * (y / 2) % 200); // the same picture at twice the size
        Assert.Equal(1, new TotalVariationRatio().Compute(new GeneratedPictures([own[0]], ["a"], [doubled]))!.Value, 1e-6);
        Assert.Null(new TotalVariationRatio().Compute(new GeneratedPictures(own, ["a", "b"], [Picture(32, (_, _) => 7)])));
    }

    [Fact]
    public void Kernel_distances_grow_with_the_difference_and_need_a_clean_mimic_for_theirs()
    {
        using var encoder = new MeanColour();
        Artwork[] red = [Colour(200, 10, 10), Colour(180, 20, 10), Colour(220, 5, 30)], pink = [Colour(200, 90, 90), Colour(190, 80, 99)],
            blue = [Colour(10, 10, 200), Colour(30, 1, 180)];
        double To(Artwork[] others) => FeatureKernelDistance.ToOriginals(encoder).Compute(new GeneratedPictures(red, ["", "", ""], others))!.Value;
        Assert.InRange(To(pink), 0.05, To(blue) - 1);
        Assert.Null(FeatureKernelDistance.ToClean(encoder).Compute(new GeneratedPictures(red, ["", "", ""], pink)));
        Assert.Equal(To(blue), FeatureKernelDistance.ToClean(encoder).Compute(new GeneratedPictures(red, ["", "", ""], pink) { Clean = blue }));
    }

    [Fact]
    public void Content_similarity_compares_prompt_by_prompt_with_the_clean_mimic()
    {
        using var encoder = new MeanColour();
        var metric = new ContentSimilarity(encoder);
        var generated = new GeneratedPictures([Colour(255, 0, 0), Colour(0, 0, 255)], ["a", "b"], [Colour(1, 1, 1)]);
        Assert.Null(metric.Compute(generated));
        Assert.Equal(1, metric.Compute(generated with { Clean = generated.Pictures })!.Value, 1e-5);
        Assert.True(metric.Compute(generated with { Clean = [generated.Pictures[1], generated.Pictures[0]] }) < 0.5);
    }

    [Fact]
    public void Content_accuracy_is_the_share_of_prompts_that_were_followed()
    {
        using var judge = ContentAccuracy.Open(ContentAccuracy.ClassifierOf(new StyleProtectorOptions().ModelPath));
        using var classifier = PictureClassifier.Open(ContentAccuracy.ClassifierOf(new StyleProtectorOptions().ModelPath));
        Assert.Equal(classifier.IndexOf("red apple"), judge.ClassOf("a picture of Red Apple, in the style of sks"));
        Assert.Equal(classifier.IndexOf("cat face"), judge.ClassOf("cat face")); // not "cat"
        Assert.Null(judge.ClassOf("a pizzaiolo of sks"));
        var picture = Picture(64, (x, y) => (x - 32) * (x - 32) + ((y - 32) * (y - 32)) < 400 ? 30 : 250);
        using var scope = TorchSharp.torch.NewDisposeScope();
        var seen = classifier.Classes[(int)classifier.Probabilities(PicturePlanes.Of(picture).unsqueeze(0)).argmax(1).item<long>()];
        var other = seen == "pizza" ? "rocket" : "pizza";
        Assert.Equal(1, Share(seen));
        Assert.Equal(0, Share(other));
        Assert.Equal(0.5, Share(seen, "no content that it knows, qwxyz", other));
        Assert.Null(Share("qwxyz"));

        double? Share(params string[] contents) =>
            judge.Compute(new GeneratedPictures([.. contents.Select(_ => picture)], [.. contents.Select(c => $"a picture of {c}")], [picture]));
    }

    [Fact]
    public void Encoders_of_one_name_and_other_weights_are_other_encoders()
    {
        using var one = new MeanColour();
        using var other = new MeanColour(2);
        Assert.NotEqual(new StyleSimilarity(one).Info.Identity, new StyleSimilarity(other).Info.Identity);
        using var same = new MeanColour();
        Assert.Equal(new StyleSimilarity(one).Info.Identity, new StyleSimilarity(same).Info.Identity);
    }

    private static double Gaussian(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private static Artwork Colour(float red, float green, float blue) =>
        Blank(16).WithPlanarRgb([.. Enumerable.Repeat(red, 256), .. Enumerable.Repeat(green, 256), .. Enumerable.Repeat(blue, 256)]);

    private static Artwork Picture(int side, Func<int, int, double> grey)
    {
        var plane = Enumerable.Range(0, side * side).Select(i => (float)grey(i % side, i / side)).ToArray();
        return Blank(side).WithPlanarRgb([.. plane, .. plane, .. plane]);
    }

    private static Artwork Blank(int side) => Artwork.FromRgb24(new byte[3 * side * side], side, side);
}
