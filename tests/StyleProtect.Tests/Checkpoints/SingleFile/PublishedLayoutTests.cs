using System.Text.Json;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Checkpoints.SingleFile;
using StyleProtect.Diffusion.Models;
using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Diffusion.Schedulers;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Checkpoints.SingleFile;

/// <summary>
/// The published models' layouts at their full size, from the header alone: the configuration is diffusers', and every weight of diffusers' model has exactly
/// one key (three share one where OpenCLIP fuses them).
/// </summary>
public sealed class PublishedLayoutTests
{
    private static readonly (string Key, string Name)[] s_known =
    [
        ("model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight",
            "down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.weight"),
        ("model.diffusion_model.input_blocks.3.0.op.weight", "down_blocks.0.downsamplers.0.conv.weight"),
        ("model.diffusion_model.input_blocks.4.0.skip_connection.weight", "down_blocks.1.resnets.0.conv_shortcut.weight"),
        ("model.diffusion_model.input_blocks.11.0.out_layers.3.bias", "down_blocks.3.resnets.1.conv2.bias"),
        ("model.diffusion_model.middle_block.2.emb_layers.1.weight", "mid_block.resnets.1.time_emb_proj.weight"),
        ("model.diffusion_model.output_blocks.2.1.conv.weight", "up_blocks.0.upsamplers.0.conv.weight"),
        ("model.diffusion_model.output_blocks.5.2.conv.bias", "up_blocks.1.upsamplers.0.conv.bias"),
        ("model.diffusion_model.output_blocks.11.1.proj_out.weight", "up_blocks.3.attentions.2.proj_out.weight"),
        ("model.diffusion_model.out.0.weight", "conv_norm_out.weight"),
        ("first_stage_model.decoder.up.0.block.0.nin_shortcut.weight", "decoder.up_blocks.3.resnets.0.conv_shortcut.weight"),
        ("first_stage_model.decoder.up.3.upsample.conv.weight", "decoder.up_blocks.0.upsamplers.0.conv.weight"),
        ("first_stage_model.encoder.down.1.downsample.conv.weight", "encoder.down_blocks.1.downsamplers.0.conv.weight"),
        ("first_stage_model.encoder.mid.attn_1.k.weight", "encoder.mid_block.attentions.0.to_k.weight"),
        ("first_stage_model.encoder.norm_out.weight", "encoder.conv_norm_out.weight"),
        ("cond_stage_model.transformer.text_model.final_layer_norm.bias", "text_model.final_layer_norm.bias"),
    ];

    [Fact]
    public void Stable_Diffusion_1()
    {
        using var folder = new TemporaryFolder();
        var file = SingleFileCheckpoint.Read(PublishedModels.StableDiffusion1().Write(folder));
        Assert.Equal(SingleFileFamily.StableDiffusion1, file.Family);
        Assert.Equal(["unet", "vae", "text_encoder"], file.Parts);
        AssertSame(PublishedModels.First, file.ConfigOf<UNet2DConditionConfig>("unet"));
        AssertSame(PublishedModels.ClipL, file.ConfigOf<ClipTextConfig>("text_encoder"));
        AssertSame(PublishedModels.Autoencoder, file.ConfigOf<AutoencoderKLConfig>("vae"));
        Assert.Equal(859_520_964 + 83_653_863 + 123_060_480, Verified(file));
        Assert.Empty(file.Notes);
        Assert.Equal(3, file.Unused.Count);
    }

    [Fact]
    public void Stable_Diffusion_2()
    {
        using var folder = new TemporaryFolder();
        var file = SingleFileCheckpoint.Read(PublishedModels.StableDiffusion2().Write(folder));
        Assert.Equal(SingleFileFamily.StableDiffusion2, file.Family);
        AssertSame(PublishedModels.Second, file.ConfigOf<UNet2DConditionConfig>("unet"));
        AssertSame(PublishedModels.ClipH, file.ConfigOf<ClipTextConfig>("text_encoder"));
        Assert.Equal(865_910_724 + 83_653_863 + 340_387_840, Verified(file));
        // The last of ViT-H's layers, its projection and its temperature.
        Assert.Equal(14, file.Unused.Count);
        Assert.Equal(PredictionType.Velocity, file.ConfigOf<SchedulerConfig>("scheduler").PredictionType);
        Assert.Contains("it is assumed that the U-Net predicts the velocity", Assert.Single(file.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public void Stable_Diffusion_XL()
    {
        using var folder = new TemporaryFolder();
        var file = SingleFileCheckpoint.Read(PublishedModels.StableDiffusionXl().Write(folder));
        Assert.Equal(SingleFileFamily.StableDiffusionXl, file.Family);
        Assert.Equal(["unet", "vae", "text_encoder", "text_encoder_2"], file.Parts);
        AssertSame(PublishedModels.Xl, file.ConfigOf<UNet2DConditionConfig>("unet"));
        AssertSame(PublishedModels.ClipL, file.ConfigOf<ClipTextConfig>("text_encoder"));
        AssertSame(PublishedModels.ClipBigG, file.ConfigOf<ClipTextConfig>("text_encoder_2"));
        AssertSame(
            PublishedModels.Autoencoder with { ScalingFactor = 0.13025, SampleSize = 1024 }, file.ConfigOf<AutoencoderKLConfig>("vae"));
        Assert.Equal(2_567_463_684 + 83_653_863 + 123_060_480 + 694_659_840, Verified(file));
        Assert.Equal("CLIPTextModelWithProjection", file.ClassNameOf("text_encoder_2"));
        Assert.Empty(file.Notes);
    }

    [Fact]
    public void Keys_of_the_published_Stable_Diffusion_1_5_are_where_diffusers_script_puts_them()
    {
        using var folder = new TemporaryFolder();
        var file = SingleFileCheckpoint.Read(PublishedModels.StableDiffusion1().Write(folder));
        using WeightsSource unet = file.WeightsOf("unet"), vae = file.WeightsOf("vae"), text = file.WeightsOf("text_encoder");
        foreach (var (key, name) in s_known)
        {
            var source = key.StartsWith("model.", StringComparison.Ordinal) ? unet : key.StartsWith("first_stage", StringComparison.Ordinal) ? vae : text;
            Assert.Equal(key, source.Entry(name).Name);
        }
    }

    [Fact]
    public void Text_keys_without_text_model_and_weights_beside()
    {
        using var folder = new TemporaryFolder();
        var header = PublishedModels.StableDiffusion1()
            .Rename(k => k.Replace("transformer.text_model.", "transformer.", StringComparison.Ordinal))
            .Add("model_ema.decay", "F32", []).Add("model_ema.diffusion_modeltime_embed0weight", 1280, 320)
            .Add("optimizer.state.0.exp_avg", 320, 4, 3, 3).Add("first_stage_model.loss.logvar", "F32", []);
        var file = SingleFileCheckpoint.Read(header.Write(folder));
        Assert.Equal(859_520_964 + 83_653_863 + 123_060_480, Verified(file));
        var note = Assert.Single(file.Notes);
        Assert.Contains("holds more, which is not used: model_ema.* (1), optimizer.* (1)", note, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_too_much_and_a_key_too_few_are_named_when_the_part_is_checked()
    {
        using var folder = new TemporaryFolder();
        var header = PublishedModels.StableDiffusion1().Remove(k => k.EndsWith("input_blocks.1.0.out_layers.3.bias", StringComparison.Ordinal))
            .Add("model.diffusion_model.input_blocks.1.3.weight", 1);
        var file = SingleFileCheckpoint.Read(header.Write(folder));
        var e = Assert.Throws<CheckpointException>(() => Verified(file));
        Assert.Contains("1 missing: down_blocks.0.resnets.0.conv2.bias", e.Message, StringComparison.Ordinal);
        Assert.Contains("1 unexpected: model.diffusion_model.input_blocks.1.3.weight", e.Message, StringComparison.Ordinal);
    }

    /// <summary>Checks every part against its module, and counts the weights.</summary>
    private static long Verified(SingleFileCheckpoint file)
    {
        using var meta = WeightFactory.Use(ScalarType.Float32, new Device("meta"));
        long count = 0;
        foreach (var part in file.Parts)
        {
            using nn.Module module = part switch
            {
                "unet" => new UNet2DConditionModel(file.ConfigOf<UNet2DConditionConfig>(part)),
                "vae" => new AutoencoderKL(file.ConfigOf<AutoencoderKLConfig>(part)),
                _ => new ClipTextModel(file.ConfigOf<ClipTextConfig>(part), withProjection: part == "text_encoder_2"),
            };
            using var source = file.WeightsOf(part);
            StateDictionaryLoader.Verify(module, source);
            count += module.parameters().Sum(p => p.numel());
        }

        return count;
    }

    private static void AssertSame<T>(T expected, T actual) => Assert.Equal(JsonSerializer.Serialize(expected), JsonSerializer.Serialize(actual));
}
