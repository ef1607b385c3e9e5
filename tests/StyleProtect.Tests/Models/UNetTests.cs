using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Models;
using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Kernels;
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
    [InlineData("""{"mid_block_type":"UNetMidBlock2DSimpleCrossAttn"}""", "UNetMidBlock2DSimpleCrossAttn")]
    [InlineData("""{"only_cross_attention":[true,true,true,false]}""", "only_cross_attention")]
    [InlineData("""{"num_attention_heads":8}""", "num_attention_heads")]
    [InlineData("""{"transformer_layers_per_block":[[1,1],[1,1],[1,1],[1]]}""", "reverse_transformer_layers_per_block")]
    [InlineData("""{"layers_per_block":[2,2]}""", "layers_per_block")]
    [InlineData("""{"reverse_transformer_layers_per_block":[1,[1,2],1,1]}""", "2 numbers for the 3 layers of level 2")]
    [InlineData("""{"time_embedding_dim":512}""", "time_embedding_dim")]
    public void Unsupported_configurations_are_refused_by_field(string json, string named)
    {
        var config = GoldenModels.Parse<UNet2DConditionConfig>(json);
        Assert.Contains(named, Assert.Throws<NotSupportedException>(config.Validate).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"block_out_channels":[320,640,1280,2000000000]}""", "block_out_channels is 2000000000")]
    [InlineData("""{"layers_per_block":1000000}""", "layers_per_block is 1000000")]
    [InlineData("""{"layers_per_block":0}""", "layers_per_block is 0")]
    [InlineData("""{"transformer_layers_per_block":100000}""", "transformer_layers_per_block is 100000")]
    [InlineData("""{"in_channels":-4}""", "in_channels is -4")]
    [InlineData("""{"cross_attention_dim":0}""", "cross_attention_dim is 0")]
    [InlineData("""{"norm_num_groups":7}""", "norm_num_groups is 7")]
    [InlineData("""{"norm_num_groups":0}""", "norm_num_groups is 0")]
    [InlineData("""{"attention_head_dim":7}""", "attention_head_dim = 7")]
    [InlineData("""{"attention_head_dim":0}""", "attention_head_dim is 0")]
    [InlineData("""{"norm_eps":-1}""", "norm_eps is -1")]
    [InlineData("""{"sample_size":100000}""", "sample_size")]
    [InlineData("""{"time_cond_proj_dim":1}""", "time_cond_proj_dim")]
    [InlineData("""{"block_out_channels":[16384,16384,16384,16384],"layers_per_block":32}""", "more than 20,000,000,000")]
    public void Absurd_numbers_are_refused_before_anything_is_built(string json, string named)
    {
        var config = DiffusersConfig.Parse<UNet2DConditionConfig>(json, "x");
        Assert.Contains(named, Assert.Throws<NotSupportedException>(config.Validate).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"cross_attention_dim":[768,1024,768,768]}""", "cross_attention_dim")]
    [InlineData("""{"transformer_layers_per_block":[1,[],1,1]}""", "transformer_layers_per_block")]
    [InlineData("""{"transformer_layers_per_block":[[[1]]]}""", "transformer_layers_per_block")]
    [InlineData("""{"layers_per_block":"two"}""", "layers_per_block")]
    public void Values_of_another_kind_are_named(string json, string named) => Assert.Contains(
        named, Assert.Throws<CheckpointException>(() => DiffusersConfig.Parse<UNet2DConditionConfig>(json, "x")).Message, StringComparison.Ordinal);

    [Fact]
    public void Lists_are_read_block_by_block()
    {
        var config = DiffusersConfig.Parse<UNet2DConditionConfig>("""
            {"layers_per_block":[1,2,2,1],"cross_attention_dim":[512,512,512,512],"only_cross_attention":[false,false,false,false],
             "transformer_layers_per_block":[1,[2,3],1,1],"reverse_transformer_layers_per_block":[1,4,[5,6,7],1],"time_embedding_dim":1280}
            """, "x");
        config.Validate();
        Assert.Equal([1, 2, 2, 1], Enumerable.Range(0, 4).Select(config.LayersOf));
        Assert.Equal(512, config.CrossAttentionDim);
        Assert.Equal((2, 3), (config.DownTransformerLayers(1, 0), config.DownTransformerLayers(1, 1)));
        Assert.Equal((5, 7, 4), (config.UpTransformerLayers(1, 0), config.UpTransformerLayers(1, 2), config.UpTransformerLayers(2, 0)));
        Assert.Equal(MidBlock.CrossAttention, config.Mid);
        Assert.Equal(MidBlock.None, DiffusersConfig.Parse<UNet2DConditionConfig>("""{"mid_block_type":null}""", "x").Mid);
        using var meta = WeightFactory.Use(ScalarType.Float32, new Device("meta"));
        using var unet = new UNet2DConditionModel(config);
        Assert.Equal(UNetSize.Parameters(config), unet.parameters().Sum(p => p.numel()));
        Assert.Equal(1 + 5 + 2 + 1 + 4 * 3 + 18 + 2, unet.CrossAttentionLayers().Count);
    }

    /// <summary>A bottom that adds nothing is as good as none: its convolutions and projections on the way out are zero.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData("UNetMidBlock2D")]
    public void Without_a_bottom_the_others_compute_the_same(string? type)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        using var golden = new Golden("unet/sd1");
        var inputs = golden.Under("in.");
        var whole = GoldenModels.UNet("unet/sd1");
        foreach (var (name, parameter) in whole.named_parameters())
            if (Silent(name)) parameter.zero_();
        var weights = whole.named_parameters().Where(p => Kept(p.name)).ToDictionary(p => p.name, p => (Tensor)p.parameter, StringComparer.Ordinal);
        var part = new UNet2DConditionModel(GoldenModels.Config<UNet2DConditionConfig>(golden) with { MidBlockType = type }).Load(weights);
        var expected = whole.Forward(inputs["x"], inputs["t"], inputs["ctx"]);
        Assert.True((part.Forward(inputs["x"], inputs["t"], inputs["ctx"]) - expected).abs().max().item<float>() < 1e-6);
        Assert.DoesNotContain(part.CrossAttentionLayers(), l => l.Name.StartsWith("mid_block", StringComparison.Ordinal));

        bool Silent(string name) => name.StartsWith("mid_block.", StringComparison.Ordinal) &&
            (name.Contains(".conv2.", StringComparison.Ordinal) || name.Contains(".proj_out.", StringComparison.Ordinal));
        bool Kept(string name) => !name.StartsWith("mid_block.", StringComparison.Ordinal) ||
            (type is not null && name.StartsWith("mid_block.resnets.0.", StringComparison.Ordinal));
    }

    [Fact]
    public void The_guidance_scale_is_added_to_the_time_features_as_in_latent_consistency_models()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        using var golden = new Golden("unet/sd1");
        var inputs = golden.Under("in.");
        var config = GoldenModels.Config<UNet2DConditionConfig>(golden) with { TimeCondProjDim = 6 };
        var weights = golden.Under("w.");
        weights["time_embedding.cond_proj.weight"] = zeros(config.BlockOutChannels[0], 6);
        golden.AssertEqual("out", Run(3)); // nothing is projected
        // One feature to one channel: the second cosine, of 1000·(w − 1)·10000^(−1/2), added to the time feature of the same place.
        weights["time_embedding.cond_proj.weight"][0, 4] = 1;
        var expected = Run(3);
        var shifted = golden.Under("w.");
        var added = Math.Cos(2000 * Math.Pow(10000, -0.5));
        shifted["time_embedding.linear_1.bias"] = shifted["time_embedding.linear_1.bias"]
            .Add(shifted["time_embedding.linear_1.weight"][TensorIndex.Colon, 0].Mul(added));
        var same = new UNet2DConditionModel(GoldenModels.Config<UNet2DConditionConfig>(golden)).Load(shifted).Forward(inputs["x"], inputs["t"], inputs["ctx"]);
        Assert.True((expected - same).abs().max().item<float>() < 1e-4);
        Assert.True((expected - Run(1)).abs().max().item<float>() > 1e-4);
        Assert.Equal(8.5, UNet2DConditionModel.DistilledGuidance);

        Tensor Run(double guidance) => new UNet2DConditionModel(config).Load(weights).Forward(inputs["x"], inputs["t"], inputs["ctx"], guidance: guidance);
    }
}
