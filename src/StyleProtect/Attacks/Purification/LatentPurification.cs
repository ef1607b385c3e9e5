using StyleProtect.Artworks;
using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Schedulers;
using StyleProtect.Kernels;
using StyleProtect.Perception;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Attacks.Purification;

/// <summary>
/// Purification with a latent diffusion model, at the picture's own size: its right and lower edge are repeated until the sides fit the model, and cut off
/// again.
/// The posterior's mean is taken, prompts are empty, guidance is off. Noise by <see cref="PictureNoise.Seed"/>.
/// </summary>
internal static class LatentPurification
{
    private const double Kept = 0.1;
    private const int TilesAtOnce = 8;

    /// <summary>Through the autoencoder and back.</summary>
    internal static float[] Autoencode(LatentDiffusionModel model, Artwork artwork) => Through(model, artwork, (latents, _) => latents);

    /// <summary>
    /// SDEdit (Meng et al. 2022), and in latents what DiffPure (Nie et al. 2022) does: noise up to a share of the schedule, then DDIM back. Steps are counted
    /// as in diffusers'
    /// image-to-image pipeline: the last ⌊strength·steps⌋ of the walk.
    /// </summary>
    internal static float[] Edit(LatentDiffusionModel model, Artwork artwork, double strength, int steps) => Through(model, artwork, (latents, generator) =>
    {
        var scheduler = SchedulerFactory.Create("DDIMScheduler", model.Schedule.Config);
        scheduler.SetTimesteps(steps);
        var walk = scheduler.Timesteps.Skip(steps - (int)(strength * steps)).ToArray();
        var text = model.EncodePrompt("");
        var noisy = Noised(model, latents, (long)walk[0], generator);
        foreach (var timestep in walk)
        {
            using var inner = NewDisposeScope();
            var predicted = model.Predict(noisy, TensorMath.Full([1], (long)timestep, int64, model.Device), text);
            noisy = scheduler.Step(predicted, timestep, noisy).MoveToOuterDisposeScope();
        }

        return noisy;
    });

    /// <summary>
    /// After GrIDPure (Zhao et al. 2024): again and again a little noise, taken out tile by tile, the overlapping tiles averaged, a tenth of the state kept.
    /// Here in latents, with tiles of the model's size and a stride of half of it, and in one jump to the predicted clean latents each time; the original walks
    /// down in
    /// single steps with a model of pixels, and has one tile more, of the four corners.
    /// </summary>
    internal static float[] Grid(LatentDiffusionModel model, Artwork artwork, int timestep, int iterations) => Through(model, artwork, (latents, generator) =>
    {
        var tiles = Tiles(latents.shape[2], latents.shape[3], model.UNet.Config.SampleSize).ToArray();
        var text = model.EncodePrompt("");
        var state = latents;
        for (var i = 0; i < iterations; i++)
        {
            using var inner = NewDisposeScope();
            Tensor sum = zeros_like(state), count = zeros_like(state);
            foreach (var part in tiles.Chunk(TilesAtOnce))
            {
                var clean = Clean(model, cat([.. part.Select(p => p.Cut(state))]), timestep, text, generator);
                for (var n = 0; n < part.Length; n++)
                {
                    part[n].Cut(sum).Add_(clean.narrow(0, n, 1));
                    part[n].Cut(count).Add_(1.0);
                }
            }

            state = (sum / count).Mul(1 - Kept).Add(state.Mul(Kept)).MoveToOuterDisposeScope();
        }

        return state;
    });

    /// <summary>The clean latents that the model sees behind a little noise.</summary>
    private static Tensor Clean(LatentDiffusionModel model, Tensor latents, int timestep, TextEmbedding text, Generator generator)
    {
        var noisy = Noised(model, latents, timestep, generator);
        var predicted = model.Predict(noisy, TensorMath.Full([1], (long)timestep, int64, model.Device).expand(latents.shape[0]).contiguous(), text);
        var signal = model.Schedule.AlphaCumprod(timestep);
        return ModelPrediction.Clean(model.Schedule.Config.PredictionType, predicted, noisy, Math.Sqrt(signal), Math.Sqrt(1 - signal));
    }

    private static Tensor Noised(LatentDiffusionModel model, Tensor latents, long timestep, Generator generator)
    {
        var noise = randn(latents.shape, generator: generator).to(model.Device);
        return model.Schedule.AddNoise(latents, noise, tensor([timestep]));
    }

    private static float[] Through(LatentDiffusionModel model, Artwork artwork, Func<Tensor, Generator, Tensor> change)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        using var generator = new Generator(PictureNoise.Seed(artwork));
        var multiple = model.SizeStep;
        var picture = PicturePlanes.Of(artwork).unsqueeze(0);
        var padded = functional.pad(picture, [0, Missing(artwork.Width, multiple), 0, Missing(artwork.Height, multiple)], TorchSharp.PaddingModes.Replicate)
            .to(model.Device);
        var latents = model.Encode(padded, zeros(model.LatentShape(1, padded.shape[2], padded.shape[3]), device: model.Device));
        var result = model.Decode(change(latents, generator)).narrow(2, 0, artwork.Height).narrow(3, 0, artwork.Width);
        return result.Clamp(-1, 1).Add(1).Mul(127.5).cpu().contiguous().data<float>().ToArray();
    }

    private static long Missing(int side, int multiple) => (multiple - (side % multiple)) % multiple;

    private static IEnumerable<Tile> Tiles(long height, long width, long tile) =>
        from y in Starts(height, tile) from x in Starts(width, tile) select new Tile(y, x, Math.Min(tile, height), Math.Min(tile, width));

    /// <summary>Every half tile, and the last one flush with the end.</summary>
    private static IEnumerable<long> Starts(long length, long tile)
    {
        var last = Math.Max(0, length - tile);
        for (long at = 0; at < last; at += Math.Max(1, tile / 2)) yield return at;
        yield return last;
    }

    private readonly record struct Tile(long Y, long X, long Height, long Width)
    {
        internal Tensor Cut(Tensor latents) => latents.narrow(2, Y, Height).narrow(3, X, Width);
    }
}
