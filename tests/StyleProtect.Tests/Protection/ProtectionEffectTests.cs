using StyleProtect.Layers;
using StyleProtect.Protection;
using StyleProtect.Tests.Artworks;
using Xunit;

namespace StyleProtect.Tests.Protection;

/// <summary>Protection does what it is for: the frozen model's denoising loss rises, by more than noise of the same size makes it rise.</summary>
public sealed class ProtectionEffectTests(TwoLevelProtector tiny) : IClassFixture<TwoLevelProtector>
{
    [Fact]
    public async Task The_loss_rises_and_far_more_than_with_random_noise()
    {
        double optimised = 0, random = 0;
        for (var seed = 1; seed <= 2; seed++)
        {
            var original = TestPictures.Random(40, 36, 8, false, seed);
            var options = new ProtectionOptions { Epsilon = 12.75, Steps = 12, Seed = seed, Precision = Precision.Float32, Layers = LayerSelectors.All };
            var result = await tiny.Protect(options, original);
            Assert.True(result.LossAfter > result.LossBefore, $"seed {seed}: {result.LossBefore} → {result.LossAfter}");
            optimised += result.LossAfter!.Value - result.LossBefore!.Value;
            var control = await tiny.Protect(options with { Method = ProtectionMethod.RandomNoise, Layers = null }, original);
            Assert.Equal(result.LossBefore, control.LossBefore);
            random += control.LossAfter!.Value - control.LossBefore!.Value;
        }

        Assert.True(optimised > 3 * Math.Abs(random), $"optimised {optimised / 2}, random {random / 2}");
    }
}
