using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Sampling;
using StyleProtect.Diffusion.Schedulers;
using StyleProtect.Kernels;
using StyleProtect.Testing;
using StyleProtect.Tests.Infrastructure;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Sampling;

/// <summary>diffusers' StableDiffusionPipeline with classifier-free guidance, from given noise and embeddings to the picture.</summary>
[Collection(SerialCollection.Name)]
public sealed class TextToImageGoldenTests
{
    [Theory]
    [InlineData("ddim", "DDIMScheduler")]
    [InlineData("pndm", "PNDMScheduler")]
    public void Latents_and_picture_equal_the_pipeline(string run, string scheduler)
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("pipeline/txt2img_10steps");
        using var parts = GoldenModels.LatentDiffusion();
        var config = parts.Schedule.Config with { ClipSample = false, SetAlphaToOne = false, StepsOffset = 1, SkipPrkSteps = true };
        var model = new LatentDiffusionModel(parts.Autoencoder.Network, parts.UNet, parts.TextEncoder, new NoiseSchedule(config), parts.Tokenizer);
        var options = new SamplingOptions { Scheduler = scheduler, Steps = 10, Guidance = 7.5 };
        var sampler = new TextToImageSampler(model);
        var latents = sampler.Denoise(golden["in.latents"], golden["in.prompt_embeds"], golden["in.negative_embeds"], options,
            TestContext.Current.CancellationToken);
        var expected = golden[$"out.{run}_latents_per_step"][-1];
        var error = ((latents[0] - expected).abs().max() / expected.abs().max()).item<float>();
        Assert.True(error < 1e-4, $"{run}: relative error {error:g3}");
        using var frozen = no_grad();
        golden.AssertEqual($"out.{run}_image", model.Decode(latents).Div(2).Add(0.5).Clamp(0, 1).permute(0, 2, 3, 1));
    }

    [Theory]
    [InlineData("DDIMScheduler")]
    [InlineData("PNDMScheduler")]
    [InlineData("DPMSolverMultistepScheduler")]
    public void Nothing_but_the_latents_outlives_the_walk(string scheduler)
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("pipeline/txt2img_10steps");
        using var parts = GoldenModels.LatentDiffusion();
        var model = new LatentDiffusionModel(
            parts.Autoencoder.Network, parts.UNet, parts.TextEncoder, new NoiseSchedule(parts.Schedule.Config with { SkipPrkSteps = true }), parts.Tokenizer);
        var sampler = new TextToImageSampler(model);
        var (noise, text, negative) = (golden["in.latents"], golden["in.prompt_embeds"], golden["in.negative_embeds"]);
        var options = new SamplingOptions { Scheduler = scheduler, Steps = 4 };
        sampler.Denoise(noise, text, negative, options, TestContext.Current.CancellationToken).Dispose();
        var before = LiveTensors.Count();
        using var latents = sampler.Denoise(noise, text, negative, options, TestContext.Current.CancellationToken);
        Assert.Equal(before + 1, Tensor.TotalCount);
    }
}
