using StyleProtect.Diffusion.Checkpoints;
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
    public void Stable_Diffusion_1_5() => Same(859_520_964, new UNet2DConditionConfig());

    [Fact]
    public void Stable_Diffusion_XL() => Same(2_567_463_684, new UNet2DConditionConfig
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
    });

    // The counts that BK-SDM's authors state: 0.58, 0.49 and 0.33 billion; tiny-sd's is the last one.
    [Fact]
    public void Without_a_bottom()
    {
        Same(323_384_964, new UNet2DConditionConfig
        {
            DownBlockTypes = ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
            UpBlockTypes = ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"],
            BlockOutChannels = [320, 640, 1280],
            LayersPerBlock = 1,
            MidBlockType = null,
        });
        Same(482_346_884, new UNet2DConditionConfig { LayersPerBlock = 1, MidBlockType = null });
        Same(579_384_964, new UNet2DConditionConfig { LayersPerBlock = 1 });
    }

    // Half of Stable Diffusion XL: one residual block at the bottom, and another number of transformer blocks on the way up in each layer.
    // Published as 1.33 billion.
    [Fact]
    public void Segmind_1B() => Same(1_331_334_404, DiffusersConfig.Parse<UNet2DConditionConfig>("""
        {"addition_embed_type":"text_time","addition_time_embed_dim":256,"attention_head_dim":[5,10,20],"block_out_channels":[320,640,1280],
         "cross_attention_dim":2048,"down_block_types":["DownBlock2D","CrossAttnDownBlock2D","CrossAttnDownBlock2D"],"layers_per_block":2,
         "mid_block_only_cross_attention":null,"mid_block_type":"UNetMidBlock2D","projection_class_embeddings_input_dim":2816,
         "reverse_transformer_layers_per_block":[[4,4,10],[2,1,1],1],"sample_size":128,"transformer_layers_per_block":[[0],[2,2],[4,4]],
         "up_block_types":["CrossAttnUpBlock2D","CrossAttnUpBlock2D","UpBlock2D"],"use_linear_projection":true}
        """, "x"));

    [Fact]
    public void Latent_consistency_models_have_a_projection_of_the_guidance_more() =>
        Same(859_520_964 + 320 * 256, new UNet2DConditionConfig { TimeCondProjDim = 256 });

    private static void Same(long expected, UNet2DConditionConfig config)
    {
        Assert.Equal(expected, Count(() => new UNet2DConditionModel(config)));
        Assert.Equal(expected, UNetSize.Parameters(config));
    }

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
