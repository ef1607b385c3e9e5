using StyleProtect.Diffusion.Adapters;
using StyleProtect.Diffusion.Models;
using StyleProtect.Diffusion.Models.Layers;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Adapters;

/// <summary>The original code's names of layers, spot-checked against those in published checkpoints.</summary>
public sealed class LdmLayerNamesTests
{
    [Theory]
    [InlineData("conv_in", "input_blocks.0.0")]
    [InlineData("down_blocks.0.resnets.0.conv1", "input_blocks.1.0.in_layers.2")]
    [InlineData("down_blocks.0.attentions.1.proj_in", "input_blocks.2.1.proj_in")]
    [InlineData("down_blocks.0.downsamplers.0.conv", "input_blocks.3.0.op")]
    [InlineData("down_blocks.1.resnets.0.conv_shortcut", "input_blocks.4.0.skip_connection")]
    [InlineData("down_blocks.2.attentions.1.transformer_blocks.0.attn2.to_k", "input_blocks.8.1.transformer_blocks.0.attn2.to_k")]
    [InlineData("down_blocks.3.resnets.1.conv2", "input_blocks.11.0.out_layers.3")]
    [InlineData("mid_block.resnets.1.time_emb_proj", "middle_block.2.emb_layers.1")]
    [InlineData("mid_block.attentions.0.transformer_blocks.0.ff.net.0.proj", "middle_block.1.transformer_blocks.0.ff.net.0.proj")]
    [InlineData("up_blocks.0.upsamplers.0.conv", "output_blocks.2.1.conv")]
    [InlineData("up_blocks.1.attentions.0.transformer_blocks.0.attn1.to_out.0", "output_blocks.3.1.transformer_blocks.0.attn1.to_out.0")]
    [InlineData("up_blocks.1.upsamplers.0.conv", "output_blocks.5.2.conv")]
    [InlineData("up_blocks.3.attentions.2.proj_out", "output_blocks.11.1.proj_out")]
    [InlineData("time_embedding.linear_2", "time_embed.2")]
    [InlineData("conv_out", "out.2")]
    public void Stable_Diffusion_1(string name, string original) => Assert.Equal(original, Names(new UNet2DConditionConfig())[name]);

    [Theory]
    [InlineData("down_blocks.1.attentions.0.transformer_blocks.1.attn2.to_v", "input_blocks.4.1.transformer_blocks.1.attn2.to_v")]
    [InlineData("down_blocks.2.attentions.1.transformer_blocks.9.ff.net.2", "input_blocks.8.1.transformer_blocks.9.ff.net.2")]
    [InlineData("up_blocks.0.attentions.2.transformer_blocks.0.attn1.to_q", "output_blocks.2.1.transformer_blocks.0.attn1.to_q")]
    [InlineData("up_blocks.1.attentions.1.proj_in", "output_blocks.4.1.proj_in")]
    [InlineData("add_embedding.linear_1", "label_emb.0.0")]
    public void Stable_Diffusion_XL(string name, string original) => Assert.Equal(original, Names(new UNet2DConditionConfig
    {
        DownBlockTypes = ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
        UpBlockTypes = ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
        BlockOutChannels = [320, 640, 1280],
        TransformerLayersPerBlock = [1, 2, 10],
        AttentionHeadDim = [5, 10, 20],
        UseLinearProjection = true,
        AdditionEmbedType = "text_time",
        AdditionTimeEmbedDim = 256,
        ProjectionClassEmbeddingsInputDim = 2816,
    })[name]);

    [Fact]
    public void Every_layer_has_a_name_of_its_own()
    {
        var names = Names(new UNet2DConditionConfig());
        Assert.Equal(names.Count, names.Values.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(LayersOf(new UNet2DConditionConfig()).Length, names.Count);
    }

    private static Dictionary<string, string> Names(UNet2DConditionConfig config) => LdmLayerNames.Of(LayersOf(config));

    private static string[] LayersOf(UNet2DConditionConfig config)
    {
        using var meta = WeightFactory.Use(ScalarType.Float32, new Device("meta"));
        using var unet = new UNet2DConditionModel(config);
        return [.. LoraLayers.Of("unet", unet).Select(l => l.Key["unet.".Length..])];
    }
}
