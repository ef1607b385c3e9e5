using StyleProtect.Diffusion;
using StyleProtect.Kernels;
using StyleProtect.Protection.Engine;
using StyleProtect.Protection.Objectives;
using StyleProtect.Tests.Shared;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Protection;

/// <summary>The tiny model with bf16 weights: every part runs, and its gradient points where the fp32 one does.</summary>
public sealed class BFloat16Tests : IDisposable
{
    private readonly TinyModelFolder _folder = new();
    private readonly LatentDiffusionModel _full;
    private readonly LatentDiffusionModel _half;

    public BFloat16Tests()
    {
        var folder = LatentDiffusionLoader.Open(_folder.Path);
        _full = LatentDiffusionLoader.Load(folder, ScalarType.Float32, CPU);
        _half = LatentDiffusionLoader.Load(folder, ScalarType.BFloat16, CPU);
    }

    [Fact]
    public void Every_part_is_bf16_and_near_fp32()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        Assert.All(_half.UNet.parameters().Concat(_half.Autoencoder.Network.Network.parameters()).Concat(_half.TextEncoder.parameters()),
            p => Assert.Equal(ScalarType.BFloat16, p.dtype));
        // Padding after the prompt goes through the causal mask, whose −∞ once overflowed in bf16.
        Tensor context = _full.EncodePrompt("oil painting").Tokens, halfContext = _half.EncodePrompt("oil painting").Tokens;
        Assert.Equal(ScalarType.BFloat16, halfContext.dtype);
        AssertNear(context, halfContext, 0.03);
        Draw(out var pictures, out var draws);
        Tensor latents = _full.Encode(pictures, draws.Posterior), halfLatents = _half.Encode(pictures, draws.Posterior);
        AssertNear(latents, halfLatents, 0.05);
        AssertNear(_full.Decode(latents), _half.Decode(latents), 0.05);
        AssertNear(_full.Predict(latents, draws.Timesteps, context), _half.Predict(latents, draws.Timesteps, halfContext), 0.05);
    }

    [Fact]
    public void The_pixel_gradient_points_where_the_fp32_one_does()
    {
        using var scope = NewDisposeScope();
        Draw(out var pictures, out var draws);
        var full = new GradientStep(_full.Autoencoder, new DenoisingLoss(_full, _full.EncodePrompt("a photo of an artwork"))).Run(pictures, draws);
        var half = new GradientStep(_half.Autoencoder, new DenoisingLoss(_half, _half.EncodePrompt("a photo of an artwork"))).Run(pictures, draws);
        Assert.Equal(full.Loss, half.Loss, 0.02 * full.Loss);
        Assert.Equal(ScalarType.Float32, half.Gradient.dtype);
        var cosine = ((full.Gradient * half.Gradient).sum() / (full.Gradient.norm() * half.Gradient.norm())).item<float>();
        Assert.True(cosine >= 0.99, $"cosine {cosine}");
    }

    public void Dispose()
    {
        _full.Dispose();
        _half.Dispose();
        _folder.Dispose();
    }

    private void Draw(out Tensor pictures, out NoiseSample draws)
    {
        using var generator = new Generator(1);
        pictures = rand([2, 3, 32, 32], generator: generator).Mul(2).Sub(1);
        draws = NoiseSample.Draw(_full.LatentShape(2, 32, 32), 1000, generator, CPU);
    }

    private static void AssertNear(Tensor expected, Tensor actual, double relative)
    {
        var error = ((expected - actual.to(float32)).norm() / expected.norm()).item<float>();
        Assert.True(error <= relative, $"relative error {error}"); // false for NaN
    }
}
