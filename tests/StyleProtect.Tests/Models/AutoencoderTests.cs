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
}
