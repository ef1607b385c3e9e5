using StyleProtect.Artworks;
using StyleProtect.Diffusion;
using StyleProtect.Kernels;
using StyleProtect.Protection.Objectives;
using StyleProtect.Runtime.Encodings;
using StyleProtect.Runtime.Views;
using static TorchSharp.torch;

namespace StyleProtect.Protection.Engine;

/// <summary>
/// What the frozen model makes of pictures: the largest central square of each, at one size. The denoising loss with fixed noise at evenly spaced
/// timesteps, the same samples for every picture of a size, so that two measurements differ only by the pictures; and the latents.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="loss">The loss; null where there is no U-Net.</param>
/// <param name="samples">Samples of noise and timestep for each picture.</param>
/// <param name="partition">How pictures are encoded to fit into memory; null for whole.</param>
/// <param name="side">Side of the square that is looked at, in pixels; null for the model's own.</param>
internal sealed class LossProbe(LatentDiffusionModel model, DenoisingLoss? loss, int samples, StepPartition? partition = null, int? side = null)
{
    private const ulong Seed = 2509_13711;
    private readonly int _side = side ?? model.PictureSize;

    /// <summary>The mean loss (null without a U-Net), and for each picture the mean of its scaled latents [1, C, h, w] in each autoencoder.</summary>
    internal (double? Loss, IReadOnlyList<IReadOnlyList<Tensor>> Latents) Measure(IReadOnlyList<Artwork> artworks)
    {
        using var frozen = no_grad();
        double sum = 0;
        var latents = new List<IReadOnlyList<Tensor>>();
        foreach (var artwork in artworks)
        {
            using var scope = NewDisposeScope();
            var square = ModelPictures.CentralSquare(artwork, _side, model.Device).unsqueeze(0);
            Tensor[] moments = [.. model.Autoencoders.Select(a => Moments(a, square))];
            latents.Add([.. model.Autoencoders.Zip(moments, (a, m) => a.Sample(m, zeros(Shape(a), device: model.Device)).MoveToOuterDisposeScope())]);
            if (loss is not null) sum += LossOf(loss, moments[0]);
        }

        return (loss is null ? null : sum / (artworks.Count * samples), latents);
    }

    /// <summary>How far latents moved, ‖z′ − z‖ / ‖z‖; of an ensemble the mean over its autoencoders.</summary>
    internal static double Shift(IReadOnlyList<Tensor> before, IReadOnlyList<Tensor> after)
    {
        using var scope = NewDisposeScope();
        return before.Zip(after, (b, a) => ((a - b).norm() / b.norm()).item<float>()).Average();
    }

    private double LossOf(DenoisingLoss denoising, Tensor moments)
    {
        using var generator = new Generator(Seed);
        var shape = Shape(model.Autoencoder);
        double sum = 0;
        for (var i = 0; i < samples; i++)
        {
            using var inner = NewDisposeScope();
            var timestep = (long)((i + 0.5) / samples * model.TrainTimesteps);
            var sample = new NoiseSample(
                randn(shape, generator: generator).to(model.Device), randn(shape, generator: generator).to(model.Device),
                TensorMath.Full([1], timestep, ScalarType.Int64, model.Device));
            sum += denoising.Of(model.Sample(moments, sample.Posterior), sample).item<float>();
        }

        return sum;
    }

    private Tensor Moments(LatentAutoencoder autoencoder, Tensor square)
    {
        if (partition?.Tile is null) return autoencoder.Moments(square);
        using var encoding = partition.Encode(autoencoder, square);
        return encoding.Moments.alias();
    }

    private long[] Shape(LatentAutoencoder autoencoder) => autoencoder.LatentShape(1, _side, _side);
}
