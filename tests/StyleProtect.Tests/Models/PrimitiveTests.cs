using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Kernels;
using StyleProtect.Tests.Infrastructure;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Models;

public sealed class PrimitiveTests
{
    [Theory]
    [InlineData("out.flip_shift0_d32", 32, true, 0)]
    [InlineData("out.noflip_shift1_d32", 32, false, 1)]
    [InlineData("out.flip_shift0_d320", 320, true, 0)]
    [InlineData("out.flip_shift0_d33_odd", 33, true, 0)]
    public void Timestep_features_equal_diffusers(string key, int dim, bool flip, double shift)
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("prim/timestep_embedding");
        golden.AssertEqual(key, TimestepEmbedding.Sinusoidal(golden["in.t"], dim, flip, shift));
    }

    [Fact]
    public void Activations_equal_pytorch()
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("prim/activations");
        var x = golden["in.x"];
        golden.AssertEqual("out.silu", nn.functional.silu(x));
        golden.AssertEqual("out.gelu_erf", nn.functional.gelu(x));
        golden.AssertEqual("out.quick_gelu", x * x.Mul(1.702).sigmoid());
    }

    [Fact]
    public void Time_network_equals_diffusers() => Check("prim/time_mlp", new TimestepEmbedding(16, 64));

    [Fact]
    public void Group_norm_equals_pytorch() => Check("prim/groupnorm_eps1e-5", new GroupNorm(8, 32, 1e-5));

    [Fact]
    public void Layer_norm_equals_pytorch() => Check("prim/layernorm", new LayerNorm(32));

    [Theory]
    [InlineData("prim/conv_k3s1p1", 3, 1, 1)]
    [InlineData("prim/conv_k3s2p1", 3, 2, 1)]
    [InlineData("prim/conv_k1s1p0", 1, 1, 0)]
    [InlineData("prim/conv_k3s2p0", 3, 2, 0)]
    public void Convolutions_of_odd_channel_counts_equal_pytorch(string name, int kernel, int stride, int padding) =>
        Check(name, new Conv2d(6, 10, kernel, stride, padding));

    [Fact]
    public void Residual_block_with_time_and_shortcut_equals_diffusers()
    {
        var block = new ResnetBlock2D(16, 32, 64, 8, 1e-5);
        Check("prim/resnet_shortcut", block, inputs => block.Forward(inputs["x"], inputs["temb"]));
    }

    [Fact]
    public void Residual_block_of_the_autoencoder_equals_diffusers()
    {
        var block = new ResnetBlock2D(16, 16, null, 8, 1e-6);
        Check("prim/resnet_vae", block, inputs => block.Forward(inputs["x"], null));
    }

    [Theory]
    [InlineData("prim/downsample_vae_asym_pad", 0)]
    [InlineData("prim/downsample_unet", 1)]
    public void Halvings_equal_diffusers(string name, int padding) => Check(name, new Downsample2D(16, padding));

    [Theory]
    [InlineData("prim/upsample", null)]
    [InlineData("prim/upsample_to_size", new long[] { 9, 7 })]
    public void Doublings_equal_diffusers(string name, long[]? size)
    {
        var up = new Upsample2D(16);
        Check(name, up, inputs => up.Forward(inputs["x"], size));
    }

    [Fact]
    public void Feed_forward_equals_diffusers() => Check("prim/feedforward_geglu", new FeedForward(32));

    [Fact]
    public void Transformer_block_equals_diffusers()
    {
        var block = new BasicTransformerBlock(32, 4, 8, 24);
        Check("prim/basic_transformer_block", block, inputs => block.Forward(inputs["x"], inputs["ctx"]));
    }

    [Theory]
    [InlineData("prim/transformer2d_conv_proj", false)]
    [InlineData("prim/transformer2d_linear_proj", true)]
    public void Transformers_over_pixels_equal_diffusers(string name, bool linear)
    {
        var transformer = new Transformer2DModel(32, 4, 1, 24, 8, linear);
        Check(name, transformer, inputs => transformer.Forward(inputs["x"], inputs["ctx"]));
    }

    [Fact]
    public void Convolution_refuses_another_channel_count()
    {
        using var conv = new Conv2d(6, 10, 3);
        using var x = zeros(1, 5, 8, 8);
        var e = Assert.Throws<ArgumentException>(() => conv.forward(x));
        Assert.Contains("6 channels", e.Message, StringComparison.Ordinal);
    }

    private static void Check(string name, nn.Module<Tensor, Tensor> module) => Check(name, module, inputs => module.forward(inputs["x"]));

    private static void Check(string name, nn.Module module, Func<Dictionary<string, Tensor>, Tensor> forward)
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden(name);
        module.Load(golden.Under("w."));
        var inputs = golden.Inputs();
        golden.AssertOutputsAndGradients(module, inputs, new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["out"] = forward(inputs) });
    }
}
