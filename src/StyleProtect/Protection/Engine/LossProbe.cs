using StyleProtect.Artworks;
using StyleProtect.Diffusion;
using StyleProtect.Kernels;
using StyleProtect.Protection.Objectives;
using StyleProtect.Protection.Views;
using static TorchSharp.torch;

namespace StyleProtect.Protection.Engine;

/// <summary>
/// The denoising loss of pictures under the frozen model: the largest central square of each, at the model's size, with fixed noise at evenly spaced
/// timesteps. The same draws for every picture of a size, so two measurements differ only by the pictures.
/// </summary>
internal sealed class LossProbe(LatentDiffusionModel model, IObjective objective, int draws)
{
    private const ulong Seed = 2509_13711;

    /// <summary>The mean loss, and the middle of each picture's latents [1, C, h, w], scaled.</summary>
    internal (double Loss, IReadOnlyList<Tensor> Latents) Measure(IReadOnlyList<Artwork> artworks)
    {
        using var frozen = no_grad();
        double sum = 0;
        var latents = new List<Tensor>();
        foreach (var artwork in artworks)
        {
            using var scope = NewDisposeScope();
            using var generator = new Generator(Seed);
            var moments = model.Moments(Central(model, artwork, model.PictureSize).unsqueeze(0));
            latents.Add(model.Sample(moments, zeros(model.LatentShape(1, model.PictureSize, model.PictureSize), device: model.Device)).MoveToOuterDisposeScope());
            for (var i = 0; i < draws; i++)
            {
                using var inner = NewDisposeScope();
                var shape = model.LatentShape(1, model.PictureSize, model.PictureSize);
                var timestep = (long)((i + 0.5) / draws * model.Schedule.Config.NumTrainTimesteps);
                var step = new StepDraws(
                    randn(shape, generator: generator).to(model.Device), randn(shape, generator: generator).to(model.Device), TensorMath.Full([1], timestep, ScalarType.Int64, model.Device));
                sum += objective.Evaluate(model.Sample(moments, step.Posterior), step).item<float>();
            }
        }

        return (sum / (artworks.Count * draws), latents);
    }

    /// <summary>A picture's largest central square at a size, [3, size, size] in [−1, 1].</summary>
    internal static Tensor Central(LatentDiffusionModel model, Artwork artwork, int size)
    {
        using var scope = NewDisposeScope();
        using var canvas = new Canvas(artwork, model.Device);
        var side = Math.Min(artwork.Width, artwork.Height);
        using var view = new View(new PixelRectangle((artwork.Width - side) / 2, (artwork.Height - side) / 2, side, side), size, size, ResamplingFilter.Bicubic, model.Device);
        return view.Apply(canvas.Seen()).MoveToOuterDisposeScope();
    }
}
