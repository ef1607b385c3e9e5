using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Checkpoints.SingleFile;
using StyleProtect.Diffusion.Models;
using StyleProtect.Diffusion.Models.Layers;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Checkpoints.SingleFile;

/// <summary>Autoencoders that come alone, or inside of a checkpoint whose transformer is not used.</summary>
public sealed class AutoencoderFileTests
{
    private static readonly AutoencoderKLConfig s_flux = new() { LatentChannels = 16, UseQuantConv = false, UsePostQuantConv = false };

    [Theory]
    [InlineData("vae-ft-mse-840000-ema-pruned.safetensors", "", 4, true, 0.18215, null)]
    [InlineData("sdxl_vae.safetensors", "", 4, true, 0.13025, null)]
    [InlineData("ae.safetensors", "", 16, false, 0.3611, 0.1159)]
    [InlineData("sd3_vae.safetensors", "", 16, false, 1.5305, 0.0609)]
    [InlineData("flux2-vae.safetensors", "", 32, true, 1.0, null)]
    [InlineData("a.safetensors", "first_stage_model.", 4, true, 0.18215, null)]
    [InlineData("b.safetensors", "vae.", 16, false, 0.3611, 0.1159)]
    public void The_scale_follows_from_channels_and_name(string name, string prefix, int channels, bool quant, double scale, double? shift)
    {
        using var folder = new TemporaryFolder();
        var header = PublishedModels.AddAutoencoder(
            new HeaderFile(), new AutoencoderKLConfig { LatentChannels = channels, UseQuantConv = quant, UsePostQuantConv = quant }, prefix);
        if (channels == 32) header.Add("bn.running_mean", "F32", [128]).Add("bn.running_var", "F32", [128]);
        var file = SingleFileCheckpoint.Read(header.Write(folder, name));
        var config = file.ConfigOf<AutoencoderKLConfig>("vae");
        Assert.Equal((channels, quant, scale, shift), (config.LatentChannels, config.UseQuantConv, config.ScalingFactor, config.ShiftFactor));
        Assert.Equal(["vae"], file.Parts);
        Assert.Contains("is taken for the autoencoder of", Assert.Single(file.Notes), StringComparison.Ordinal);
        Verify(file);
    }

    [Fact]
    public void The_configuration_in_the_folder_says_the_scale()
    {
        using var folder = new TemporaryFolder();
        var path = PublishedModels.AddAutoencoder(new HeaderFile(), new AutoencoderKLConfig(), "").Write(folder, "a.safetensors");
        folder.Write("config.json", """{"_class_name": "AutoencoderKL", "latent_channels": 16, "scaling_factor": 7.0}""");
        Assert.Equal(0.18215, SingleFileCheckpoint.Read(path).ConfigOf<AutoencoderKLConfig>("vae").ScalingFactor);
        folder.Write(
            "config.json", """{"_class_name": "AutoencoderKL", "latent_channels": 4, "scaling_factor": 0.13025, "sample_size": 1024, "act_fn": "silu"}""");
        var file = SingleFileCheckpoint.Read(path);
        Assert.Equal((0.13025, 1024), (file.ConfigOf<AutoencoderKLConfig>("vae").ScalingFactor, file.ConfigOf<AutoencoderKLConfig>("vae").SampleSize));
        Assert.Empty(file.Notes);
        folder.Write("a.json", """{"vae": {"scaling_factor": 0.5}}""");
        Assert.Equal(0.5, SingleFileCheckpoint.Read(path).ConfigOf<AutoencoderKLConfig>("vae").ScalingFactor);
    }

    [Theory]
    [InlineData(4, true, 83_653_863)]
    [InlineData(16, false, 83_819_683)]
    [InlineData(32, true, 84_046_115)]
    public void Weights_of_the_published_autoencoders(int channels, bool quant, long expected)
    {
        var shapes = PublishedModels.Shapes(
            () => new AutoencoderKL(new AutoencoderKLConfig { LatentChannels = channels, UseQuantConv = quant, UsePostQuantConv = quant }));
        Assert.Equal(expected, shapes.Sum(s => s.Shape.Aggregate(1L, (a, b) => a * b)));
    }

    [Fact]
    public void Diffusers_names_in_a_bare_file_new_and_old()
    {
        using var folder = new TemporaryFolder();
        var header = new HeaderFile();
        foreach (var (name, shape) in PublishedModels.Shapes(() => new AutoencoderKL(PublishedModels.Autoencoder))) header.Add(name, shape);
        Verify(SingleFileCheckpoint.Read(header.Write(folder, "new.safetensors")));
        header.Rename(k => k.Replace("to_q", "query", StringComparison.Ordinal).Replace("to_k", "key", StringComparison.Ordinal)
            .Replace("to_v", "value", StringComparison.Ordinal).Replace("to_out.0", "proj_attn", StringComparison.Ordinal));
        Verify(SingleFileCheckpoint.Read(header.Write(folder, "old.safetensors")));
    }

    [Theory]
    [InlineData("model.diffusion_model.joint_blocks.0.x_block.attn.qkv.weight", "first_stage_model.", 1.5305, "Stable Diffusion 3")]
    [InlineData("model.diffusion_model.double_blocks.0.img_attn.qkv.weight", "vae.", 0.3611, "FLUX.1")]
    public void The_autoencoder_in_a_checkpoint_with_a_transformer_is_taken(string transformer, string prefix, double scale, string name)
    {
        using var folder = new TemporaryFolder();
        var header = PublishedModels.AddAutoencoder(new HeaderFile(), s_flux, prefix)
            .Add(transformer, "F8_E4M3", [9, 3]).Add("text_encoders.clip_l.transformer.text_model.final_layer_norm.weight", 768);
        var file = SingleFileCheckpoint.Read(header.Write(folder));
        Assert.Equal(SingleFileFamily.Transformer, file.Family);
        Assert.Equal(scale, file.ConfigOf<AutoencoderKLConfig>("vae").ScalingFactor);
        var note = $"is a {name} model: its autoencoder is used, its transformer and text encoders are not";
        Assert.Contains(file.Notes, n => n.Contains(note, StringComparison.Ordinal));
        Assert.Contains(file.Notes, n => n.Contains("model.diffusion_model.* (1), text_encoders.* (1)", StringComparison.Ordinal));
        Assert.Contains("Only the autoencoder", Assert.Throws<CheckpointException>(() => file.Require("unet")).Message, StringComparison.Ordinal);
        Verify(file);
    }

    [Fact]
    public void An_incomplete_autoencoder_is_named()
    {
        using var folder = new TemporaryFolder();
        var header = PublishedModels.AddAutoencoder(new HeaderFile(), s_flux, "").Remove(k => k.StartsWith("decoder.", StringComparison.Ordinal));
        var path = header.Write(folder);
        Assert.Contains("its decoder is missing", Assert.Throws<CheckpointException>(() => SingleFileCheckpoint.Read(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tiny_autoencoder_in_two_files()
    {
        using var folder = new TemporaryFolder();
        var config = new AutoencoderTinyConfig { LatentChannels = 32, UseMidblockGn = true };
        string encoder = TinyHalf(config, "encoder.layers.", 0).Write(folder, "taef2_encoder.safetensors"), decoder = folder["taef2_decoder.safetensors"];
        var alone = SingleFileCheckpoint.Read(encoder);
        Assert.False(alone.HasDecoder);
        Assert.Contains("an encoder without its decoder", Assert.Single(alone.Notes), StringComparison.Ordinal);
        VerifyTiny(alone, withDecoder: false);
        TinyHalf(config, "decoder.layers.", 1).Write(folder, "taef2_decoder.safetensors");
        foreach (var path in (string[])[encoder, decoder])
        {
            var file = SingleFileCheckpoint.Read(path);
            Assert.True(file.HasDecoder);
            Assert.Equal([decoder, encoder], file.Files);
            var read = file.ConfigOf<AutoencoderTinyConfig>("vae");
            Assert.Equal((32, true), (read.LatentChannels, read.UseMidblockGn));
            Assert.Equal([1, 3, 3, 3], read.NumEncoderBlocks);
            Assert.Equal([3, 3, 3, 1], read.NumDecoderBlocks);
            VerifyTiny(file, withDecoder: true);
        }

        File.Delete(encoder);
        var e = Assert.Throws<CheckpointException>(() => SingleFileCheckpoint.Read(decoder));
        Assert.Contains("protections need its encoder", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(4, 1_222_532 + 1_222_531L)]
    [InlineData(16, 1_229_456 + 1_229_443L)]
    public void A_tiny_autoencoder_in_one_file(int channels, long weights)
    {
        using var folder = new TemporaryFolder();
        var header = new HeaderFile();
        foreach (var (name, shape) in PublishedModels.Shapes(() => new AutoencoderTiny(new AutoencoderTinyConfig { LatentChannels = channels })))
            header.Add(name, shape);
        var file = SingleFileCheckpoint.Read(header.Write(folder));
        Assert.Equal("AutoencoderTiny", file.ClassNameOf("vae"));
        Assert.Equal(weights, VerifyTiny(file, withDecoder: true));
        var e = Assert.Throws<CheckpointException>(() => file.ConfigOf<AutoencoderKLConfig>("vae"));
        Assert.Contains("its vae is of the class AutoencoderTiny", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Halves_of_two_tiny_autoencoders_are_refused()
    {
        using var folder = new TemporaryFolder();
        var path = TinyHalf(new AutoencoderTinyConfig(), "encoder.layers.", 0).Write(folder, "x_encoder.safetensors");
        TinyHalf(new AutoencoderTinyConfig { LatentChannels = 16 }, "decoder.layers.", 1).Write(folder, "x_decoder.safetensors");
        var e = Assert.Throws<CheckpointException>(() => SingleFileCheckpoint.Read(path));
        Assert.Contains("decodes 16 latent channels in 4 levels", e.Message, StringComparison.Ordinal);
    }

    /// <summary>One half in the original layout: diffusers' numbers, in the decoder one more for the layer that bounds the latents.</summary>
    private static HeaderFile TinyHalf(AutoencoderTinyConfig config, string prefix, int offset)
    {
        var header = new HeaderFile();
        foreach (var (name, shape) in PublishedModels.Shapes(() => new AutoencoderTiny(config)))
        {
            if (!name.StartsWith(prefix, StringComparison.Ordinal)) continue;
            var rest = name[prefix.Length..].Split('.', 2);
            header.Add($"{int.Parse(rest[0]) + offset}.{rest[1]}", shape);
        }

        return header;
    }

    private static void Verify(SingleFileCheckpoint file)
    {
        using var meta = WeightFactory.Use(ScalarType.Float32, new Device("meta"));
        using var module = new AutoencoderKL(file.ConfigOf<AutoencoderKLConfig>("vae"));
        using var source = file.WeightsOf("vae");
        StateDictionaryLoader.Verify(module, source);
    }

    private static long VerifyTiny(SingleFileCheckpoint file, bool withDecoder)
    {
        using var meta = WeightFactory.Use(ScalarType.Float32, new Device("meta"));
        using var module = new AutoencoderTiny(file.ConfigOf<AutoencoderTinyConfig>("vae") with { HasDecoder = withDecoder });
        using var source = file.WeightsOf("vae");
        StateDictionaryLoader.Verify(module, source);
        return module.parameters().Sum(p => p.numel());
    }
}
