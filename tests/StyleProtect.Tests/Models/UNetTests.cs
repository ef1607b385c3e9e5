using StyleProtect.Diffusion.Models;
using StyleProtect.Tests.Infrastructure;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Models;

public sealed class UNetTests
{
    [Theory]
    [InlineData("unet/sd1")]
    [InlineData("unet/sd2_linear_proj")]
    [InlineData("unet/sdxl")]
    public void UNets_equal_diffusers(string name)
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden(name);
        var unet = GoldenModels.UNet(name);
        var inputs = golden.Inputs();
        var added = inputs.TryGetValue("text_embeds", out var embeds) ? new AddedConditions(embeds, inputs["time_ids"]) : null;
        var output = unet.Forward(inputs["x"], inputs["t"], inputs["ctx"], added);
        golden.AssertOutputsAndGradients(unet, inputs, new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["out"] = output });
    }

    [Fact]
    public void Features_after_every_block_equal_diffusers()
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("unet/sd1_block_features");
        using var frozen = no_grad();
        var inputs = golden.Under("in.");
        var seen = new List<string>();
        GoldenModels.UNet("unet/sd1").Forward(inputs["x"], inputs["t"], inputs["ctx"], observe: (block, output) =>
        {
            golden.AssertEqual($"out.{block}", output);
            seen.Add(block);
        });
        Assert.Equal(["down0", "down1", "down2", "down3", "mid", "up0", "up1", "up2", "up3"], seen);
    }

    [Fact]
    public void The_sixteen_cross_attention_layers_have_diffusers_names_in_name_order()
    {
        var names = GoldenModels.UNet("unet/sd1").CrossAttentionLayers().Select(l => l.Name).ToArray();
        Assert.Equal(16, names.Length);
        Assert.Equal(names.Order(StringComparer.Ordinal), names);
        Assert.Equal("up_blocks.1.attentions.0.transformer_blocks.0.attn2", names[7]);
    }

    [Fact]
    public void An_inpainting_unet_equals_diffusers()
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("unet/sd1_inpaint9");
        using var base4 = new Golden("unet/sd1");
        var weights = base4.Under("w.");
        foreach (var (name, tensor) in golden.Under("w.")) weights[name] = tensor;
        var unet = new UNet2DConditionModel(GoldenModels.Config<UNet2DConditionConfig>(golden)).Load(weights);
        var inputs = golden.Inputs();
        golden.AssertOutputsAndGradients(unet, inputs,
            new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["out"] = unet.Forward(inputs["x"], inputs["t"], inputs["ctx"]) });
    }

    [Theory]
    [InlineData("""{"class_embed_type":"timestep"}""", "class_embed_type")]
    [InlineData("""{"down_block_types":["AttnDownBlock2D","DownBlock2D","DownBlock2D","DownBlock2D"]}""", "AttnDownBlock2D")]
    [InlineData("""{"block_out_channels":[320,640]}""", "down_block_types")]
    [InlineData("""{"addition_embed_type":"image"}""", "addition_embed_type")]
    public void Unsupported_configurations_are_refused_by_field(string json, string named)
    {
        var config = GoldenModels.Parse<UNet2DConditionConfig>(json);
        Assert.Contains(named, Assert.Throws<NotSupportedException>(config.Validate).Message, StringComparison.Ordinal);
    }
}
