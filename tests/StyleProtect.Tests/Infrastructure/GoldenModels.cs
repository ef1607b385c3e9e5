using System.Text.Json;
using StyleProtect.Diffusion.Models;

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

    internal static T Config<T>(Golden golden) => golden.Entry["config"].Deserialize<T>(s_json)!;

    internal static T Parse<T>(string json) => JsonSerializer.Deserialize<T>(json, s_json)!;
}
