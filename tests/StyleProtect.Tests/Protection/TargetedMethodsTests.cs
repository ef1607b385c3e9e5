using StyleProtect.Artworks;
using StyleProtect.Layers;
using StyleProtect.Protection;
using StyleProtect.Tests.Artworks;
using Xunit;

namespace StyleProtect.Tests.Protection;

/// <summary>Mist, Mist v2 and PhotoGuard: latents, or predicted noise, that are drawn to a target.</summary>
public sealed class TargetedMethodsTests(TwoLevelProtector tiny) : IClassFixture<TwoLevelProtector>
{
    private static readonly Artwork s_picture = TestPictures.Random(40, 34, 8, false, 1), s_target = TestPictures.Random(50, 50, 8, false, 2);

    [Theory]
    [InlineData("photoguard")]
    [InlineData("mist")]
    [InlineData("mist-v2")]
    public async Task The_objective_rises_within_the_budget_to_the_pattern_and_to_a_picture(string name)
    {
        var method = ProtectionMethod.Parse(name);
        var options = TinyProtector.Options with
        {
            Method = method,
            Steps = 12,
            Epsilon = 16,
            SurrogateSteps = name is "mist-v2" ? 1 : null
        };
        ProtectionResult[] results = [await tiny.Protect(options, s_picture), await tiny.Protect(options with { Target = s_target }, s_picture)];
        foreach (var result in results)
        {
            // The views are drawn anew at each step, so single values jump; thirds of the curve do not.
            Assert.True(result.LossCurve.TakeLast(4).Average() > result.LossCurve.Take(4).Average(), string.Join(' ', result.LossCurve));
            Assert.InRange(Differences.Largest(s_picture, result.Artworks[0].Artwork), 1, 16);
            Assert.Equal(method == ProtectionMethod.MistV2, result.TrainedParameters > 0);
        }

        Assert.False(Differences.Same(results[0].Artworks[0].Artwork, results[1].Artworks[0].Artwork));
    }

    [Fact]
    public async Task Mist_can_train_layers_and_PhotoGuard_has_none()
    {
        var options = TinyProtector.Options with { Layers = LayerSelectors.All, Method = ProtectionMethod.Mist };
        Assert.True((await tiny.Protect(options, s_picture)).TrainedParameters > 0);
        Assert.Empty((await tiny.Protect(options with { Method = ProtectionMethod.PhotoGuard }, s_picture)).Layers);
    }

    [Theory]
    [InlineData("styleprotect")]
    [InlineData("advdm")]
    [InlineData("random")]
    public async Task A_target_for_a_method_without_one_is_refused(string name)
    {
        var method = ProtectionMethod.Parse(name);
        var e = await Assert.ThrowsAsync<ProtectionException>(() => tiny.Protect(TinyProtector.Options with { Method = method, Target = s_target }, s_picture));
        Assert.Contains("leave Target out, or take mist or mist-v2 or photoguard", e.Message, StringComparison.Ordinal);
    }
}
