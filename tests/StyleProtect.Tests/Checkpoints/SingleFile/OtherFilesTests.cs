using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Checkpoints.SingleFile;
using StyleProtect.Diffusion.Models;
using StyleProtect.Diffusion.Schedulers;
using StyleProtect.Kernels;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Checkpoints.SingleFile;

/// <summary>Files that are given as a model and are something else, or a model of another task: what they are and the next step.</summary>
public sealed class OtherFilesTests
{
    private static readonly UNet2DConditionConfig s_small = new()
    {
        BlockOutChannels = [64, 128],
        DownBlockTypes = ["CrossAttnDownBlock2D", "DownBlock2D"],
        UpBlockTypes = ["UpBlock2D", "CrossAttnUpBlock2D"],
        LayersPerBlock = 1,
        CrossAttentionDim = 768,
    };

    private static readonly UNet2DConditionConfig s_smallXl = s_small with
    {
        UseLinearProjection = true,
        AttentionHeadDim = [1, 2],
        CrossAttentionDim = 2048,
        AdditionEmbedType = "text_time",
        AdditionTimeEmbedDim = 256,
        ProjectionClassEmbeddingsInputDim = 2816,
    };

    public static TheoryData<string, string, string> Kinds() => new()
    {
        { "lora_unet_down_blocks_0_attentions_0_proj_in.lora_down.weight", "4,320", "is a LoRA (an adapter), not a model. Name the model" },
        { "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.lora_A.weight", "4,128", "is a LoRA" },
        { "base_model.model.q.lora_A.default.weight", "4,128", "is a LoRA" },
        { "lora_unet_x.hada_w1_a", "4,128", "is a LoRA" },
        { "lora_unet_x.lokr_w1", "4,128", "is a LoRA" },
        { "emb_params", "4,768", "is a textual-inversion embedding" },
        { "<my-word>", "768", "is a textual-inversion embedding" },
        { "clip_l", "4,768", "is a textual-inversion embedding" },
        { "control_model.input_blocks.0.0.weight", "320,4,3,3", "is a ControlNet" },
        { "controlnet_down_blocks.0.weight", "320,320,1,1", "is a ControlNet" },
        { "ip_adapter.1.to_k_ip.weight", "320,768", "is an IP-Adapter" },
        { "adapter.body.0.in_conv.weight", "320,64,1,1", "is a T2I-Adapter" },
        { "down_blocks.0.motion_modules.0.temporal_transformer.norm.weight", "320", "is a motion module of AnimateDiff" },
        { "features.0.weight", "64,3,3,3", "is a VGG network" },
        { "features.0.weight", "64,3,11,11", "is AlexNet" },
        { "features.3.squeeze.weight", "16,64,1,1", "is SqueezeNet" },
        { "lin0.model.1.weight", "1,64,1,1", "is LPIPS' weights" },
        { "vision_model.encoder.layers.0.mlp.fc1.weight", "3072,768", "is a CLIP model" },
        { "visual.conv1.weight", "768,3,32,32", "is a CLIP model" },
        { "text_model.encoder.layers.0.mlp.fc1.weight", "3072,768", "is a text encoder" },
        { "encoder.block.0.layer.0.SelfAttention.q.weight", "64,64", "is a text encoder" },
        { "conv_first.weight", "64,3,3,3", "is an upscaler" },
        { "encoder.stages.0.0.main.conv.weight", "64,3,3,3", "a deep-compression autoencoder" },
        { "encoder.downsamples.0.residual.2.weight", "96,96,3,3,3", "a video autoencoder (of Wan or Qwen-Image)" },
        { "something.weight", "3", "of a kind that is not known (its first key is 'something.weight')" },
        { "double_blocks.0.img_attn.qkv.weight", "9,3", "the transformer of FLUX.1 without its autoencoder" },
        { "model.diffusion_model.joint_blocks.0.x_block.attn.qkv.weight", "9,3", "the transformer of Stable Diffusion 3 without its autoencoder" },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Something_else_is_named(string key, string shape, string message)
    {
        using var folder = new TemporaryFolder();
        var path = new HeaderFile().Add(key, [.. shape.Split(',').Select(long.Parse)]).Write(folder);
        var e = Assert.Throws<CheckpointException>(() => SingleFileCheckpoint.Read(path));
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
        Assert.Contains(path, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_without_tensors_is_named() => AssertRefused(new HeaderFile(), "a safetensors file without tensors");

    [Theory]
    [InlineData(9, 4, "an inpainting model (9 input channels, 4 output channels)")]
    [InlineData(8, 4, "InstructPix2Pix")]
    [InlineData(5, 4, "a depth-to-image model")]
    [InlineData(7, 4, "an upscaler")]
    [InlineData(33, 16, "an inpainting model")]
    public void A_model_of_another_task_is_refused_by_name(int channels, int outChannels, string message) =>
        AssertRefused(UNet(s_small with { InChannels = channels, OutChannels = outChannels }), message);

    [Fact]
    public void The_refiner_is_refused_by_name() => AssertRefused(
        UNet(s_smallXl).Add("conditioner.embedders.0.model.token_embedding.weight", 49408, 1280)
            .Add("conditioner.embedders.0.model.transformer.resblocks.0.ln_1.weight", 1280),
        "the refiner of Stable Diffusion XL");

    [Theory]
    [InlineData("edm_mean", "Playground v2.5")]
    [InlineData("edm_vpred.sigma_max", "CosXL")]
    public void Models_of_other_noise_are_refused_by_name(string key, string message) => AssertRefused(UNet(s_smallXl).Add(key, "F32", [1]), message);

    [Fact]
    public void A_video_model_is_refused_by_name() =>
        AssertRefused(UNet(s_small).Add("model.diffusion_model.input_blocks.1.0.time_stack.in_layers.0.weight", 64), "Stable Video Diffusion");

    [Fact]
    public void A_distilled_unet_is_refused_with_the_reason() => AssertRefused(
        UNet(s_small).Remove(k => k.Contains("middle_block.1.", StringComparison.Ordinal)), "its bottom block has no attention (a distilled U-Net)");

    [Fact]
    public void Levels_whose_transformers_differ_are_refused_with_the_reason() => AssertRefused(
        UNet(s_small).Remove(k => k.Contains("output_blocks.3.1.", StringComparison.Ordinal)),
        "output_blocks.3 has 0 transformer layers and its level on the way down has 1");

    [Fact]
    public void A_part_in_fp8_is_named_with_the_next_step() => AssertRefused(
        UNet(s_small).Retype("F8_E4M3", k => k.EndsWith("to_q.weight", StringComparison.Ordinal)),
        "the unet is quantised to fp8 (F8_E4M3), which is not read: gradients need the weights as they were trained. Use the fp16");

    [Theory]
    [InlineData("model.diffusion_model.")]
    [InlineData("")]
    public void A_unet_alone_says_what_is_missing(string prefix)
    {
        using var folder = new TemporaryFolder();
        var header = new HeaderFile();
        PublishedModels.AddUNet(header, s_small, prefix);
        var file = SingleFileCheckpoint.Read(header.Write(folder));
        Assert.Equal(["unet"], file.Parts);
        Assert.Contains(
            "(Stable Diffusion 1.x) has no vae. It has unet. It was saved without its autoencoder: name one with --vae",
            Assert.Throws<CheckpointException>(() => file.Require("unet", "vae")).Message, StringComparison.Ordinal);
        Assert.Contains(
            "has no vae and no text_encoder. It has unet. Use the whole checkpoint",
            Assert.Throws<CheckpointException>(() => file.Require("vae", "text_encoder")).Message, StringComparison.Ordinal);
        Assert.Contains("has no vae", Assert.Throws<CheckpointException>(() => file.WeightsOf("vae")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_diffusers_unet_alone_is_one_part_of_a_folder() => AssertRefused(
        new HeaderFile().Add("conv_in.weight", 64, 4, 3, 3).Add("down_blocks.0.resnets.0.conv1.weight", 64, 64, 3, 3)
            .Add("time_embedding.linear_1.weight", 1, 1),
        "the U-Net of a model in diffusers' layout, one part of a folder. Name the folder above");

    [Theory]
    [InlineData("v2-1_768-ema-pruned.safetensors", null, null, "v_prediction", 96)]
    [InlineData("v2-1_512-ema-pruned.safetensors", null, null, "epsilon", 64)]
    [InlineData("v2-base.safetensors", null, null, "epsilon", 64)]
    [InlineData("mix.safetensors", null, null, "v_prediction", 96)]
    [InlineData("v2-1_768.safetensors", "epsilon", null, "epsilon", 64)]
    [InlineData("v2-base.safetensors", "v", null, "v_prediction", 96)]
    [InlineData("v2-base.safetensors", null, "v_pred", "v_prediction", 96)]
    public void What_a_second_generation_unet_predicts(string name, string? specified, string? marker, string expected, int side)
    {
        using var folder = new TemporaryFolder();
        var header = UNet(s_small with { UseLinearProjection = true, AttentionHeadDim = [1, 2], CrossAttentionDim = 1024 });
        if (specified is not null) header.Metadata.Add("modelspec.prediction_type", specified);
        if (marker is not null) header.Add(marker, "F32", [0]);
        var file = SingleFileCheckpoint.Read(header.Write(folder, name));
        Assert.Equal(expected == "epsilon" ? PredictionType.Epsilon : PredictionType.Velocity, file.ConfigOf<SchedulerConfig>("scheduler").PredictionType);
        Assert.Equal(side, file.ConfigOf<UNet2DConditionConfig>("unet").SampleSize);
        Assert.Equal(specified is null && marker is null, file.PredictionIsAssumed);
        Assert.Equal(file.PredictionIsAssumed, file.Notes.Any(n => n.Contains("it is assumed", StringComparison.Ordinal)));
    }

    /// <summary>A U-Net whose output is its last bias.</summary>
    [Theory]
    [InlineData(0.4, false)]
    [InlineData(-0.4, false)]
    [InlineData(-0.6, true)]
    public void A_loaded_unet_tells_what_it_predicts(double output, bool velocity)
    {
        using var scope = NewDisposeScope();
        using var unet = new UNet2DConditionModel(s_small);
        using (no_grad())
            foreach (var (name, parameter) in unet.named_parameters()) parameter.Fill_(name == "conv_out.bias" ? output : 0);
        Assert.Equal(velocity, VelocityProbe.PredictsVelocity(unet));
    }

    [Fact]
    public void Marker_keys_say_velocity_and_zero_terminal_noise()
    {
        using var folder = new TemporaryFolder();
        var header = UNet(s_smallXl).Add("v_pred", "F32", [0]).Add("ztsnr", "F32", [0]);
        var scheduler = SingleFileCheckpoint.Read(header.Write(folder)).ConfigOf<SchedulerConfig>("scheduler");
        Assert.Equal(
            (PredictionType.Velocity, true, (TimestepSpacing?)TimestepSpacing.Trailing),
            (scheduler.PredictionType, scheduler.RescaleBetasZeroSnr, scheduler.TimestepSpacing));
    }

    private static HeaderFile UNet(UNet2DConditionConfig config)
    {
        var header = new HeaderFile();
        PublishedModels.AddUNet(header, config);
        return header;
    }

    private static void AssertRefused(HeaderFile header, string message)
    {
        using var folder = new TemporaryFolder();
        var path = header.Write(folder);
        Assert.Contains(message, Assert.Throws<CheckpointException>(() => SingleFileCheckpoint.Read(path)).Message, StringComparison.Ordinal);
    }
}
