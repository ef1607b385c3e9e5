using OwnLayerSelector;
using StyleProtect.Tests.Artworks;
using Xunit;

namespace StyleProtect.Tests.Protection;

/// <summary>The sample's selector, in a real protection.</summary>
public sealed class OwnLayerSelectorTests(TinyProtector tiny) : IClassFixture<TinyProtector>
{
    [Fact]
    public async Task The_samples_selector_decides_what_is_trained()
    {
        // Room for two layers of 32 channels; the middle and the first of the next coarsest are taken.
        var result = await tiny.Protect(TinyProtector.Options with { Steps = 1, Layers = new CoarsestLayers(weights: 2 * 2 * 32 * 32) },
            TestPictures.Random(32, 32, 8, false, 1));
        Assert.Equal(["down_blocks.2.attentions.0.transformer_blocks.0.attn2", "mid_block.attentions.0.transformer_blocks.0.attn2"], result.Layers);
        Assert.Equal(2 * 2 * 32 * 32, result.TrainedParameters);
    }
}
