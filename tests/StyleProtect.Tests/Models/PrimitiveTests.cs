using StyleProtect.Diffusion.Models.Layers;
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

    // x·σ(x), x·Φ(x) = x·(1 + erf(x/√2))/2 and x·σ(1.702·x), σ(x) = 1/(1 + e⁻ˣ), computed in fp64 with the C library's exp and erf.
    private static readonly float[] s_x = [-6, -2.5f, -1, -0.3f, 0, 0.3f, 1, 2.5f];

    public static TheoryData<string, float[]> Activations => new()
    {
        { "silu", [-0.0148357389f, -0.18964545f, -0.268941421f, -0.127667245f, 0, 0.172332755f, 0.731058579f, 2.31035455f] },
        { "gelu", [-5.91952587e-09f, -0.0155241633f, -0.158655254f, -0.114626573f, 0, 0.185373427f, 0.841344746f, 2.48447584f] },
        { "quick_gelu", [-0.00022035355f, -0.034986165f, -0.154204234f, -0.112515865f, 0, 0.187484135f, 0.845795766f, 2.46501383f] },
    };

    /// <summary>Every layer with an activation, with weights that hand it the values above and hand its results on.</summary>
    [Theory]
    [MemberData(nameof(Activations))]
    public void Layers_apply_their_activation(string name, float[] expected)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var n = s_x.Length;
        Tensor x = tensor(s_x), input = zeros(1, n);
        foreach (var (layer, output) in Outputs())
        {
            var values = output.reshape(-1).data<float>().ToArray();
            for (var i = 0; i < n; i++) Assert.True(Math.Abs(expected[i] - values[i]) <= 1e-6, $"{layer}: {name}({s_x[i]}) is {values[i]}, not {expected[i]}");
        }

        IEnumerable<(string Layer, Tensor Output)> Outputs()
        {
            if (name == "silu")
            {
                yield return ("time network", With(new TimestepEmbedding(n, n), ("linear_1.bias", x), ("linear_2.weight", eye(n))).forward(input));
                yield return ("group norm", With(new GroupNorm(1, n, 1e-5), ("bias", x)).ForwardSilu(input.view(1, n, 1, 1)));
                yield break;
            }

            yield return ("CLIP's network", With(new ClipEncoder(1, n, n, 1, name, 1e-5), ("layers.0.mlp.fc1.bias", x), ("layers.0.mlp.fc2.weight", eye(n)))
                .Forward(input.view(1, 1, n), null)[1]);
            if (name == "gelu")
                yield return ("gated network", With(new FeedForward(n, 1), ("net.0.proj.bias", cat([ones(n), x])), ("net.2.weight", eye(n))).forward(input));
        }

        static T With<T>(T module, params (string Name, Tensor Value)[] weights) where T : nn.Module
        {
            var all = module.named_parameters().ToDictionary(p => p.name, p => p.parameter, StringComparer.Ordinal);
            foreach (var p in all.Values) p.zero_();
            foreach (var (weight, value) in weights) all[weight].copy_(value);
            return module;
        }
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
