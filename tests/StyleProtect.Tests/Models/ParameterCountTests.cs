using StyleProtect.Diffusion.Models;
using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Layers;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Models;

/// <summary>The published models' sizes, on the meta device: shapes only, no memory.</summary>
public sealed class ParameterCountTests
{
    [Fact]
    public void Stable_Diffusion_1_5() => Assert.Equal(859_520_964, Count(() => new UNet2DConditionModel(new UNet2DConditionConfig())));

    [Fact]
    public void Stable_Diffusion_XL() => Assert.Equal(2_567_463_684, Count(() => new UNet2DConditionModel(new UNet2DConditionConfig
    {
        DownBlockTypes = ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
        UpBlockTypes = ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
        BlockOutChannels = [320, 640, 1280],
        TransformerLayersPerBlock = [1, 2, 10],
        AttentionHeadDim = [5, 10, 20],
        CrossAttentionDim = 2048,
        UseLinearProjection = true,
        AdditionEmbedType = "text_time",
        AdditionTimeEmbedDim = 256,
        ProjectionClassEmbeddingsInputDim = 2816,
    })));

    [Fact]
    public void Stable_Diffusions_autoencoder() => Assert.Equal(83_653_863, Count(() => new AutoencoderKL(new AutoencoderKLConfig())));

    [Fact]
    public void Clip_text_encoder_of_Stable_Diffusion_1() => Assert.Equal(123_060_480, Count(() => new ClipTextModel(ClipTextConfig.VitL)));

    [Fact]
    public async Task Trained_weights_of_the_papers_four_and_of_all_sixteen_layers()
    {
        LayerCatalog catalog;
        using (WeightFactory.Use(ScalarType.Float32, new Device("meta")))
        {
            using var unet = new UNet2DConditionModel(new UNet2DConditionConfig());
            catalog = unet.Catalog();
        }

        var context = new LayerSelectionContext(catalog);
        var cancel = TestContext.Current.CancellationToken;
        Assert.Equal(6_881_280, (await LayerSelectors.Paper.SelectAsync(context, cancel)).Layers.Sum(l => l.KeyValueParameters));
        Assert.Equal(19_169_280, (await LayerSelectors.All.SelectAsync(context, cancel)).Layers.Sum(l => l.KeyValueParameters));
    }

    private static long Count(Func<nn.Module> create)
    {
        using var meta = WeightFactory.Use(ScalarType.Float32, new Device("meta"));
        using var module = create();
        return module.parameters().Sum(p => p.numel());
    }
}
