using StyleProtect.Diffusion.Schedulers;
using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Sampling;

/// <summary>Text to picture with classifier-free guidance (Ho and Salimans 2022), as diffusers' StableDiffusionPipeline does it.</summary>
internal sealed class TextToImageSampler(LatentDiffusionModel model)
{
    /// <summary>Samples one picture for each prompt.</summary>
    /// <returns>[N, 3, H, W] in [−1, 1], fp32, on the processor; owned by the caller's dispose scope.</returns>
    internal Tensor Sample(
        IReadOnlyList<string> prompts, SamplingOptions options, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        if (prompts.Count == 0) throw new ArgumentException("No prompt is given.", nameof(prompts));
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        var pictures = new List<Tensor>();
        for (var first = 0; first < prompts.Count; first += options.Batch)
        {
            using var inner = NewDisposeScope();
            var part = prompts.Skip(first).Take(options.Batch).ToArray();
            var noise = cat([.. part.Select((_, i) => Noise(options.Seed + (ulong)(first + i)))]);
            var context = TextEmbedding.Cat([.. part.Select(model.EncodePrompt)]);
            var latents = Denoise(noise, context, model.EncodeNegative(options.NegativePrompt), options, cancellationToken);
            pictures.Add(model.Decode(latents).Clamp(-1, 1).cpu().MoveToOuterDisposeScope());
            progress?.Report(first + part.Length);
        }

        return cat(pictures).MoveToOuterDisposeScope();
    }

    /// <summary>The walk from noise to latents.</summary>
    /// <param name="noise">Unit normal noise, [N, C, h, w].</param>
    /// <param name="context">N texts.</param>
    /// <param name="unconditional">The text that guidance leads away from.</param>
    /// <param name="options">Scheduler, steps, guidance, seed.</param>
    /// <param name="cancellationToken">Checked before every step.</param>
    internal Tensor Denoise(
        Tensor noise, TextEmbedding context, TextEmbedding unconditional, SamplingOptions options, CancellationToken cancellationToken = default)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        using var generator = new Generator(options.Seed, model.Device);
        var scheduler = SchedulerFactory.Create(options.Scheduler, model.Schedule.Config);
        using var remembered = scheduler as IDisposable;
        scheduler.SetTimesteps(options.Steps);
        var n = noise.shape[0];
        // A model distilled with guidance takes the scale as a condition instead of a second pass.
        var guided = options.Guidance > 1 && model.UNet.Config.TimeCondProjDim is null;
        var text = guided ? TextEmbedding.Cat(unconditional.Expand(n), context) : context;
        var latents = noise.Mul(scheduler.InitNoiseSigma);
        foreach (var timestep in scheduler.Timesteps)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var inner = NewDisposeScope();
            var input = scheduler.ScaleModelInput(latents, timestep);
            var predicted = model.Predict(guided ? cat([input, input]) : input, Timesteps(timestep, guided ? 2 * n : n), text, options.Guidance);
            options.Passed?.Invoke(timestep);
            if (guided)
            {
                var halves = predicted.chunk(2);
                predicted = halves[0].Add((halves[1] - halves[0]).Mul(options.Guidance));
            }

            latents = scheduler.Step(predicted, timestep, latents, generator: generator).MoveToOuterDisposeScope();
        }

        return latents.MoveToOuterDisposeScope();
    }

    private Tensor Noise(ulong seed)
    {
        using var generator = new Generator(seed);
        return randn(model.LatentShape(1, model.PictureSize, model.PictureSize), generator: generator).to(model.Device);
    }

    /// <summary>Euler's timesteps have fractions; the others are whole.</summary>
    private Tensor Timesteps(double timestep, long count) =>
        double.IsInteger(timestep) ? TensorMath.Full([count], (long)timestep, int64, model.Device) : TensorMath.Full([count], timestep, float32, model.Device);
}
