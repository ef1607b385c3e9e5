using StyleProtect.Diffusion.Models;
using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Layers;
using StyleProtect.Testing;
using StyleProtect.Tests.Checkpoints;
using StyleProtect.Tests.Infrastructure;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Layers;

public sealed class LayerCatalogTests : IDisposable
{
    private static readonly UNet2DConditionConfig s_xl = new()
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
        SampleSize = 128,
    };

    private readonly TemporaryFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    // The published table of Stable Diffusion 1.x: name, block, side at 512 pixels, channels.
    [Fact]
    public void The_sixteen_layers_of_Stable_Diffusion_1_in_name_order()
    {
        var catalog = OnMeta(new UNet2DConditionConfig());
        (string Group, string Block, int Side, int Channels)[] expected =
        [
            ("down_blocks.0.attentions.0", "down_blocks.0", 64, 320), ("down_blocks.0.attentions.1", "down_blocks.0", 64, 320),
            ("down_blocks.1.attentions.0", "down_blocks.1", 32, 640), ("down_blocks.1.attentions.1", "down_blocks.1", 32, 640),
            ("down_blocks.2.attentions.0", "down_blocks.2", 16, 1280), ("down_blocks.2.attentions.1", "down_blocks.2", 16, 1280),
            ("mid_block.attentions.0", "mid_block", 8, 1280),
            ("up_blocks.1.attentions.0", "up_blocks.1", 16, 1280), ("up_blocks.1.attentions.1", "up_blocks.1", 16, 1280),
            ("up_blocks.1.attentions.2", "up_blocks.1", 16, 1280),
            ("up_blocks.2.attentions.0", "up_blocks.2", 32, 640), ("up_blocks.2.attentions.1", "up_blocks.2", 32, 640),
            ("up_blocks.2.attentions.2", "up_blocks.2", 32, 640),
            ("up_blocks.3.attentions.0", "up_blocks.3", 64, 320), ("up_blocks.3.attentions.1", "up_blocks.3", 64, 320),
            ("up_blocks.3.attentions.2", "up_blocks.3", 64, 320),
        ];
        Assert.Equal(expected, catalog.CrossAttention.Select(l => (l.Group, l.Block, catalog.ResolutionOf(l, 512, 512).Width, l.Channels)));
        Assert.Equal(expected, catalog.SelfAttention.Select(l => (l.Group, l.Block, catalog.ResolutionOf(l, 512, 512).Height, l.Channels)));
        Assert.Equal(catalog.CrossAttention.Select(l => l.Name).Order(StringComparer.Ordinal), catalog.CrossAttention.Select(l => l.Name));
        Assert.All(catalog.CrossAttention, l => Assert.True(l is { IsCross: true, Heads: 8 } && l.KeyValueParameters == 2L * 768 * l.Channels));
        Assert.All(catalog.SelfAttention, l => Assert.True(l is { IsCross: false, Heads: 8 } && l.KeyValueParameters == 2L * l.Channels * l.Channels));
        Assert.Equal(512, catalog.PictureSize);
        Assert.Equal(16, catalog.Groups.Count());
    }

    [Fact]
    public void The_eleven_groups_of_Stable_Diffusion_XL()
    {
        var catalog = OnMeta(s_xl);
        Assert.Equal("Stable Diffusion XL topology", catalog.ModelKind);
        Assert.Equal(1024, catalog.PictureSize);
        Assert.Equal(
            [
                ("down_blocks.1.attentions.0", 2, 64, 10), ("down_blocks.1.attentions.1", 2, 64, 10), ("down_blocks.2.attentions.0", 10, 32, 20),
                ("down_blocks.2.attentions.1", 10, 32, 20),
                ("mid_block.attentions.0", 10, 32, 20),
                ("up_blocks.0.attentions.0", 10, 32, 20), ("up_blocks.0.attentions.1", 10, 32, 20), ("up_blocks.0.attentions.2", 10, 32, 20),
                ("up_blocks.1.attentions.0", 2, 64, 10), ("up_blocks.1.attentions.1", 2, 64, 10), ("up_blocks.1.attentions.2", 2, 64, 10),
            ],
            catalog.Groups.Select(g => (g.Key, g.Count(), catalog.ResolutionOf(g.First(), 1024, 1024).Width, g.First().Heads)));
        Assert.Equal(70, catalog.SelfAttention.Count);
    }

    [Fact]
    public void The_tiny_models_folders()
    {
        var (one, two, xl) = (Read(f => GoldenModelFolder.WriteStableDiffusion1(f)), Read(folder => GoldenModelFolder.WriteStableDiffusion2(folder)),
            Read(GoldenModelFolder.WriteStableDiffusionXl));
        Assert.Equal((16, 16, 2, 32), (one.CrossAttention.Count, one.SelfAttention.Count, one.LatentDownsampling, one.PictureSize));
        Assert.Equal(two.CrossAttention.Select(l => l.Group), two.SelfAttention.Select(l => l.Group));
        Assert.NotEmpty(two.CrossAttention);
        Assert.Equal(
            ["up_blocks.0.attentions.1.transformer_blocks.0.attn2", "up_blocks.0.attentions.1.transformer_blocks.1.attn2"],
            xl.Groups.Single(g => g.Key == "up_blocks.0.attentions.1").Select(l => l.Name));

        LayerCatalog Read(Func<string, string> write) => ModelInspector.ReadLayers(write(_temp[Guid.NewGuid().ToString("N")]));
    }

    [Theory]
    [InlineData(32, 32)]
    [InlineData(41, 25)] // the latent of 20 × 12 is halved to 10 × 6, 5 × 3, 3 × 2
    public void The_feature_maps_have_the_sizes_that_the_catalog_says(int width, int height)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        using var model = GoldenModels.LatentDiffusion();
        var catalog = model.Catalog();
        var positions = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var (name, layer, _) in model.UNet.CrossAttentionLayers().Concat(model.UNet.SelfAttentionLayers())) layer.Captured = pass =>
            positions[name] = pass.Query.shape[2];
        model.Predict(zeros(model.LatentShape(1, height, width)), zeros(1, dtype: int64), zeros(1, 77, 32));
        foreach (var layer in catalog.CrossAttention.Concat(catalog.SelfAttention))
        {
            var (w, h) = catalog.ResolutionOf(layer, width, height);
            Assert.Equal(positions[layer.Name], w * h);
        }
    }

    private static LayerCatalog OnMeta(UNet2DConditionConfig config)
    {
        using var meta = WeightFactory.Use(ScalarType.Float32, new Device("meta"));
        using var unet = new UNet2DConditionModel(config);
        return unet.Catalog();
    }
}
