using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Layers;
using StyleProtect.Protection;
using StyleProtect.Testing;
using StyleProtect.Tests.Checkpoints;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Runtime;

public sealed class ModelInspectorTests : IDisposable
{
    private readonly TemporaryFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void Describes_a_model_without_loading_it()
    {
        var folder = GoldenModelFolder.WriteStableDiffusion1(_temp["tiny"]);
        var model = ModelInspector.Read(folder);
        Assert.Equal("tiny", model.Identity.Name);
        Assert.Equal("StableDiffusionPipeline", model.Pipeline);
        Assert.Equal("Stable Diffusion 1.x topology", model.Layers.ModelKind);
        Assert.Equal(16, model.Layers.CrossAttention.Count);
        Assert.Equal(GoldenModelFolder.ParametersOf("unet/sd1") + GoldenModelFolder.ParametersOf("vae/encode") +
            GoldenModelFolder.ParametersOf("clip/text_sd1_quickgelu"), model.Parameters);
        Assert.Equal(Directory.EnumerateFiles(folder, "*.safetensors", SearchOption.AllDirectories).Sum(f => new FileInfo(f).Length), model.Bytes);
        using var protector = StyleProtector.Create(new StyleProtectorOptions { ModelPath = folder });
        Assert.Equal(protector.Model, model.Identity);
        Assert.Equal(protector.Layers.CrossAttention, model.Layers.CrossAttention);
        using var loaded = LatentDiffusionLoader.Load(ModelFolder.Open(folder), ScalarType.Float32, CPU);
        Assert.Equal(loaded.UNet.parameters().Concat(loaded.Autoencoder.Network.Network.parameters()).Concat(loaded.TextEncoder.parameters()).Sum(p =>
            p.numel()),
            model.Parameters);
    }

    [Fact]
    public void Both_text_encoders_of_Stable_Diffusion_XL_count()
    {
        var folder = GoldenModelFolder.WriteStableDiffusionXl(_temp["xl"]);
        var model = ModelInspector.Read(folder);
        Assert.Contains("Stable Diffusion XL", model.Layers.ModelKind, StringComparison.Ordinal);
        Assert.Equal(
            ((string[])["unet/sdxl", "vae/encode", "clip/text_sd1_quickgelu", "clip/text_with_projection"]).Sum(GoldenModelFolder.ParametersOf)
                + (model.Layers.CrossAttention.Sum(l => l.KeyValueParameters) / 2), // K and V of the second encoder's half
            model.Parameters);
        var second = _temp["xl/text_encoder_2/model.safetensors"];
        var bytes = File.ReadAllBytes(second);
        bytes[^1] ^= 1;
        File.WriteAllBytes(second, bytes);
        Assert.NotEqual(model.Identity.Sha256, ModelInspector.Read(folder).Identity.Sha256);
    }

    [Fact]
    public void Linear_projections_of_Stable_Diffusion_2()
    {
        var model = ModelInspector.Read(GoldenModelFolder.WriteStableDiffusion2(_temp["two"]));
        Assert.Equal("U-Net of 2 levels", model.Layers.ModelKind);
        Assert.Equal(1, model.Layers.CrossAttention[0].Downsampling);
    }

    // The published models' own fields; everything else is as in the defaults.
    [Theory]
    [InlineData("{}", "Stable Diffusion 1.x topology", 16, 19_169_280)]
    [InlineData("""{"attention_head_dim": [5, 10, 20, 20], "cross_attention_dim": 1024, "use_linear_projection": true}""", "Stable Diffusion 2.x topology", 16,
        25_559_040)]
    [InlineData("""
        {"down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
            "up_block_types": ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
         "block_out_channels": [320, 640, 1280], "transformer_layers_per_block": [1, 2, 10], "attention_head_dim": [5, 10, 20], "cross_attention_dim": 2048,
         "use_linear_projection": true, "addition_embed_type": "text_time", "addition_time_embed_dim": 256, "projection_class_embeddings_input_dim": 2816}
        """, "Stable Diffusion XL topology", 70, 340_787_200)]
    public void Published_topologies_are_told_from_the_configuration_alone(string config, string kind, int layers, long keyValueParameters)
    {
        _temp.Write("model_index.json", """{"_class_name": "StableDiffusionPipeline", "unet": ["diffusers", "UNet2DConditionModel"]}""");
        _temp.Write("unet/config.json", config);
        using var unet = LatentDiffusionLoader.UNetShapes(ModelLayout.Open(_temp.Path));
        var catalog = unet.Catalog();
        Assert.Equal(kind, catalog.ModelKind);
        Assert.Equal(layers, catalog.CrossAttention.Count);
        Assert.Equal(keyValueParameters, catalog.CrossAttention.Sum(l => l.KeyValueParameters));
    }

    [Fact]
    public void Weights_of_another_configuration_are_refused()
    {
        var folder = GoldenModelFolder.WriteStableDiffusion1(_temp["tiny"], w => w.Remove("conv_in.bias"));
        Assert.Contains("1 missing: conv_in.bias", Assert.Throws<CheckpointException>(() => ModelInspector.Read(folder)).Message, StringComparison.Ordinal);
        _temp.Write("tiny/unet/config.json", """{"block_out_channels": [30, 60, 60, 60], "cross_attention_dim": 32}""");
        Assert.Contains("norm_num_groups is 32; it must be a divisor of every number in block_out_channels",
            Assert.Throws<CheckpointException>(() => ModelInspector.ReadLayers(folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Diagnoses_every_kind_of_convolution()
    {
        var folder = GoldenModelFolder.WriteStableDiffusion1(_temp["tiny"]);
        var results = ConvolutionDiagnostics.Run(new ModelHostOptions { ModelPath = folder, Precision = Precision.Float32 });
        Assert.All(results, r => Assert.True(r.IsRight && r.Type == "Float32", $"{r}"));
        Assert.Equal(results.Count, results.DistinctBy(r => r.Signature, StringComparer.Ordinal).Count());
        Assert.Contains(results, r => r.Signature.StartsWith("4→16 3×3", StringComparison.Ordinal)); // the U-Net's first
        Assert.Contains(results, r => r.Signature.StartsWith("3→16 3×3", StringComparison.Ordinal)); // the autoencoder's first
    }

    [Fact]
    public void An_explicit_device_that_is_not_there_is_refused_when_the_protector_is_made()
    {
        Assert.SkipWhen(cuda.is_available(), "this machine has a CUDA device");
        var folder = GoldenModelFolder.WriteStableDiffusion1(_temp["tiny"]);
        var e = Assert.Throws<ProtectionException>(() => StyleProtector.Create(new StyleProtectorOptions { ModelPath = folder, Device = ComputeDevice.Cuda }));
        Assert.Contains("CUDA device was asked for", e.Message, StringComparison.Ordinal);
        Assert.Throws<ModelHostException>(() => ComputeChoice.Resolve(ComputeDevice.Cuda));
        Assert.Equal(ComputeDevice.Cpu, ComputeChoice.Resolve().Device);
        Assert.False(ComputeChoice.Resolve(precision: Precision.Float32).IsBFloat16);
    }
}
