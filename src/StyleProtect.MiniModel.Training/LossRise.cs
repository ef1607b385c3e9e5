using System.Text.Json.Nodes;
using StyleProtect.Artworks;
using StyleProtect.Attacks.Mimicry;
using StyleProtect.Diffusion;
using StyleProtect.Kernels;
using StyleProtect.Perception;
using StyleProtect.Protection;
using StyleProtect.MiniModel.Training.Data;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.MiniModel.Training;

/// <summary>
/// By how much protection raises the frozen model's denoising loss on pictures of styles that it never saw, with the same 64 samples of noise and timestep
/// before and after.</summary>
internal static class LossRise
{
    private const int NoiseSamples = 64, Pictures = 8;

    internal static JsonObject Measure(DataSet set, LatentDiffusionModel model, string folder, double epsilon)
    {
        var pool = set.Pool(PictureSplit.UnseenStyle);
        int[] chosen = [.. Enumerable.Range(0, Pictures).Select(i => pool[i * pool.Count / Pictures])];
        using var batch = set.Batch(chosen, ModelShapes.PictureSize);
        var artworks = MimicryPictures.Artworks(batch.Images);
        using var protector = StyleProtector.Create(new StyleProtectorOptions { ModelPath = folder });
        var clean = Loss(model, artworks);
        var result = new JsonObject { ["epsilon"] = epsilon, ["pictures"] = Pictures, ["noise_samples"] = NoiseSamples, ["clean"] = Math.Round(clean, 4) };
        foreach (var method in new[] { ProtectionMethod.RandomNoise, ProtectionMethod.AdvDm, ProtectionMethod.StyleProtect })
        {
            var request = new ProtectionRequest(artworks) { Options = new ProtectionOptions { Method = method, Epsilon = epsilon } };
            var done = protector.ProtectAsync(request).GetAwaiter().GetResult();
            var rise = (Loss(model, [.. done.Artworks.Select(a => a.Artwork)]) / clean) - 1;
            result[$"rise_percent_{method.ToString().ToLowerInvariant()}"] = Math.Round(100 * rise, 1);
        }

        return result;
    }

    private static double Loss(LatentDiffusionModel model, IReadOnlyList<Artwork> artworks)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        using var generator = new Generator(31);
        var side = ModelShapes.PictureSize;
        var pictures = stack([.. artworks.Select(PicturePlanes.Of)]);
        var shape = model.LatentShape(artworks.Count, side, side);
        var latents = model.Encode(pictures, randn(shape, generator: generator));
        var context = model.EncodePrompt("a photo of an artwork");
        double sum = 0;
        for (var i = 0; i < NoiseSamples; i++)
        {
            using var inner = NewDisposeScope();
            var noise = randn(shape, generator: generator);
            var timesteps = TensorMath.Full([shape[0]], (long)((i + 0.5) * 1000 / NoiseSamples), int64);
            var predicted = model.Predict(model.Schedule.AddNoise(latents, noise, timesteps), timesteps, context);
            sum += functional.mse_loss(predicted, model.Schedule.Target(latents, noise, timesteps)).item<float>();
        }

        return sum / NoiseSamples;
    }
}
