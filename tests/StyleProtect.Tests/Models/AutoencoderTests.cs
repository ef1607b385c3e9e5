using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Models;
using StyleProtect.Tests.Infrastructure;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Models;

public sealed class AutoencoderTests
{
    [Theory]
    [InlineData("vae/encode")]
    [InlineData("vae/encode_mean_grad")]
    public void Encoding_equals_diffusers(string name)
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden(name);
        var autoencoder = GoldenModels.Autoencoder();
        var inputs = golden.Inputs();
        var posterior = autoencoder.Encode(inputs["x"]);
        golden.AssertOutputsAndGradients(autoencoder, inputs, new Dictionary<string, Tensor>(StringComparer.Ordinal)
        {
            ["out.moments"] = posterior.Moments,
            ["out.mean"] = posterior.Mean,
            ["out.logvar"] = posterior.LogVariance,
            ["out.std"] = posterior.StandardDeviation,
            ["out.sample"] = posterior.Sample(inputs["eps"]),
            ["out.kl"] = posterior.Kl(),
        });
    }

    [Theory]
    [InlineData("vae/decode")]
    [InlineData("vae/decode_sliced")]
    public void Decoding_equals_diffusers(string name)
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden(name);
        var autoencoder = GoldenModels.Autoencoder();
        var inputs = golden.Inputs();
        golden.AssertOutputsAndGradients(null, inputs, new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["out"] = autoencoder.Decode(inputs["z"]) });
    }

    [Theory]
    [InlineData("\"latents_mean\":[0,0,0,0]", "need each other")]
    [InlineData("\"latents_mean\":[0,0,0],\"latents_std\":[1,1,1,1]", "latents_mean has 3 values for 4")]
    [InlineData("\"latents_mean\":[0,0,0,NaN],\"latents_std\":[1,1,1,1]", "latents_mean has the value NaN")]
    [InlineData("\"latents_mean\":[0,0,0,0],\"latents_std\":[1,1,0,1]", "latents_std has the value 0")]
    [InlineData("\"block_out_channels\":[128,256,512,2000000000]", "block_out_channels is 2000000000")]
    [InlineData("\"layers_per_block\":0", "layers_per_block is 0")]
    [InlineData("\"norm_num_groups\":5", "norm_num_groups is 5")]
    [InlineData("\"latent_channels\":-4", "latent_channels is -4")]
    [InlineData("\"scaling_factor\":0", "scaling_factor is 0")]
    [InlineData("\"shift_factor\":NaN", "shift_factor is NaN")]
    public void Numbers_that_do_not_fit_are_named(string json, string named)
    {
        var config = DiffusersConfig.Parse<AutoencoderKLConfig>("{" + json + "}", "x");
        Assert.Contains(named, Assert.Throws<NotSupportedException>(config.Validate).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Statistics_of_the_latents_are_read()
    {
        var config = DiffusersConfig.Parse<AutoencoderKLConfig>(
            """{"latents_mean":[-1.6574,1.886,-1.383,2.5155],"latents_std":[8.4927,5.9022,6.5498,5.2299],"scaling_factor":0.5}""", "x");
        config.Validate();
        Assert.Equal([-1.6574, 1.886, -1.383, 2.5155], config.LatentsMean!);
        Assert.Equal(8.4927, config.LatentsStd![0]);
    }
}
