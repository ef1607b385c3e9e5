using System.Text.Json;
using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Models;
using StyleProtect.Diffusion.Schedulers;
using StyleProtect.Diffusion.Tokenization;

namespace StyleProtect.Tests.Infrastructure;

/// <summary>The tiny models of the golden files, with their stored weights.</summary>
internal static class GoldenModels
{
    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    internal static UNet2DConditionModel UNet(string name)
    {
        using var golden = new Golden(name);
        return new UNet2DConditionModel(Config<UNet2DConditionConfig>(golden)).Load(golden.Under("w."));
    }

    internal static AutoencoderKL Autoencoder()
    {
        using var golden = new Golden("vae/encode");
        return new AutoencoderKL(Config<AutoencoderKLConfig>(golden)).Load(golden.Under("w."));
    }

    internal static ClipTextModel TextEncoder()
    {
        using var golden = new Golden("clip/text_sd1_quickgelu");
        return new ClipTextModel(Config<ClipTextConfig>(golden)).Load(golden.Under("w."));
    }

    /// <summary>The model that the official attack scripts were run on: Stable Diffusion 1.x's noise schedule, all weights frozen.</summary>
    internal static LatentDiffusionModel LatentDiffusion()
    {
        var model = new LatentDiffusionModel(
            Autoencoder(), UNet("unet/sd1"), TextEncoder(),
            new NoiseSchedule(new SchedulerConfig { BetaStart = 0.00085, BetaEnd = 0.012, BetaSchedule = BetaSchedule.ScaledLinear }),
            TokenizerLoader.Load(Golden.PathOf("tokenizer")));
        foreach (var p in model.Autoencoder.Network.Network.parameters().Concat(model.UNet.parameters()).Concat(model.TextEncoder.parameters(
            ))) p.requires_grad_(false);
        return model;
    }

    internal static T Config<T>(Golden golden) => golden.Entry["config"].Deserialize<T>(s_json)!;

    internal static T Parse<T>(string json) => JsonSerializer.Deserialize<T>(json, s_json)!;
}
