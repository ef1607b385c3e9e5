using StyleProtect.Artworks;
using StyleProtect.Diffusion;
using StyleProtect.Kernels;
using StyleProtect.Protection.Objectives;
using StyleProtect.Runtime.Views;
using static TorchSharp.torch;

namespace StyleProtect.Protection.Engine;

/// <summary>
/// The denoising loss of pictures under the frozen model: the largest central square of each, at the model's size, with fixed noise at evenly spaced
/// timesteps. The same samples for every picture of a size, so two measurements differ only by the pictures.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="loss">The loss.</param>
/// <param name="samples">Samples of noise and timestep for each picture.</param>
internal sealed class LossProbe(LatentDiffusionModel model, DenoisingLoss loss, int samples)
{
    private const ulong Seed = 2509_13711;

    /// <summary>The mean loss, and the mean of each picture's latents [1, C, h, w], scaled.</summary>
    internal (double Loss, IReadOnlyList<Tensor> Latents) Measure(IReadOnlyList<Artwork> artworks)
    {
        using var frozen = no_grad();
        double sum = 0;
        var latents = new List<Tensor>();
        var shape = model.LatentShape(1, model.PictureSize, model.PictureSize);
        foreach (var artwork in artworks)
        {
            using var scope = NewDisposeScope();
            using var generator = new Generator(Seed);
            var moments = model.Moments(ModelPictures.CentralSquare(artwork, model.PictureSize, model.Device).unsqueeze(0));
            latents.Add(model.Sample(moments, zeros(shape, device: model.Device)).MoveToOuterDisposeScope());
            for (var i = 0; i < samples; i++)
            {
                using var inner = NewDisposeScope();
                var timestep = (long)((i + 0.5) / samples * model.Schedule.Config.NumTrainTimesteps);
                var sample = new NoiseSample(
                    randn(shape, generator: generator).to(model.Device), randn(shape, generator: generator).to(model.Device),
                    TensorMath.Full([1], timestep, ScalarType.Int64, model.Device));
                sum += loss.Of(model.Sample(moments, sample.Posterior), sample).item<float>();
            }
        }

        return (sum / (artworks.Count * samples), latents);
    }
}
