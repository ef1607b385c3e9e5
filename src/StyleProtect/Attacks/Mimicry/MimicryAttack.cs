using System.Diagnostics;
using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Sampling;
using StyleProtect.Kernels;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace StyleProtect.Attacks.Mimicry;

/// <summary>Fine-tunes a loaded model on pictures, paints with it, and puts its weights back. Runs on the engine thread.</summary>
internal sealed class MimicryAttack(LatentDiffusionModel model)
{
    internal AttackResult Run(AttackRequest request, IProgress<AttackProgress>? progress, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        var clock = Stopwatch.StartNew();
        var options = request.Options;
        var sampler = new TextToImageSampler(model);
        var sampling = new SamplingOptions { Scheduler = options.Sampler, Steps = options.SamplingSteps, Guidance = options.Guidance, Seed = (ulong)options.Seed };
        if (options.Kind == AttackKind.None)
            return new AttackResult(MimicryPictures.Artworks(sampler.Sample(request.Prompts, sampling, null, cancellationToken)), [], 0, clock.Elapsed);
        var prior = options.PriorWeight > 0
            ? sampler.Sample([.. Enumerable.Repeat(options.ClassPrompt, options.ClassPictures)], sampling with { Seed = sampling.Seed + 100_000 }, null, cancellationToken).to(model.Device)
            : null;
        using var weights = new TrainedWeights(Weights(options), options.LearningRate);
        var curve = Train(request, weights, prior, clock, progress, cancellationToken);
        var painted = sampler.Sample(request.Prompts, sampling, null, cancellationToken);
        return new AttackResult(MimicryPictures.Artworks(painted), curve, weights.Count, clock.Elapsed);
    }

    private IReadOnlyList<Parameter> Weights(AttackOptions options)
    {
        if (options.TrainTextEncoder && model.Second is not null)
            throw new AttackException("Training the text encoder is not supported for Stable Diffusion XL, which has two; switch it off.");
        var unet = options.Kind == AttackKind.CustomDiffusion
            ? model.UNet.CrossAttentionLayers().SelectMany(l => new[] { l.Attention.Key.Weight, l.Attention.Value.Weight })
            : model.UNet.parameters();
        return [.. options.TrainTextEncoder ? unet.Concat(model.TextEncoder.parameters()) : unet];
    }

    private List<double> Train(AttackRequest request, TrainedWeights weights, Tensor? prior, Stopwatch clock, IProgress<AttackProgress>? progress, CancellationToken cancellationToken)
    {
        var options = request.Options;
        using var generator = new Generator((ulong)options.Seed);
        var random = new Random((int)(options.Seed & int.MaxValue));
        var curve = new List<double>(options.Steps);
        var frozenText = options.TrainTextEncoder ? null : Contexts(options, prior is not null);
        for (var step = 1; step <= options.Steps; step++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var pictures = stack([.. Enumerable.Range(0, options.Batch).Select(_ => Draw(request, random))]);
            var loss = Loss(pictures, prior, frozenText ?? Contexts(options, prior is not null), options, random, generator);
            loss.backward();
            BackwardFaults.ThrowIfAny();
            var value = loss.item<float>();
            if (!float.IsFinite(value)) throw new AttackException($"The attack diverged at step {step}: the loss is {value}. Lower its learning rate ({options.LearningRate}).");
            weights.Step();
            curve.Add(value);
            progress?.Report(new AttackProgress(step, options.Steps, value, clock.Elapsed, clock.Elapsed / step * (options.Steps - step)));
        }

        return curve;
    }

    private Tensor Loss(Tensor pictures, Tensor? prior, TextEmbedding context, AttackOptions options, Random random, Generator generator)
    {
        var all = prior is null ? pictures : cat([pictures, stack([.. Enumerable.Range(0, options.Batch).Select(_ => prior[random.Next((int)prior.shape[0])])])]);
        var n = all.shape[0];
        var shape = model.LatentShape(n, model.PictureSize, model.PictureSize);
        Tensor latents, noise = randn(shape, generator: generator).to(model.Device);
        using (no_grad()) latents = model.Encode(all, randn(shape, generator: generator).to(model.Device));
        var timesteps = randint(0, model.Schedule.Config.NumTrainTimesteps, [n], int64, generator: generator).to(model.Device);
        var predicted = model.Predict(model.Schedule.AddNoise(latents, noise, timesteps), timesteps, context);
        return DreamBoothLoss.Of(model.Schedule, predicted, model.Schedule.Target(latents, noise, timesteps), timesteps, options.MinSnrGamma, prior is null ? 0 : options.PriorWeight);
    }

    /// <summary>The text of every picture of a step: the instance prompt, then the class prompt where there are class pictures.</summary>
    private TextEmbedding Contexts(AttackOptions options, bool hasPrior)
    {
        var context = Context(options.InstancePrompt, options).Expand(options.Batch);
        return hasPrior ? TextEmbedding.Cat(context, Context(options.ClassPrompt, options).Expand(options.Batch)) : context;
    }

    private TextEmbedding Context(string prompt, AttackOptions options) => options.TrainTextEncoder
        ? model.TextEncoder.Forward(tensor(model.Tokenizer.Encode(prompt).Ids, device: model.Device).unsqueeze(0)).LastHiddenState
        : model.EncodePrompt(prompt);

    private Tensor Draw(AttackRequest request, Random random)
    {
        var artwork = request.Artworks[random.Next(request.Artworks.Count)];
        var picture = MimicryPictures.Square(artwork, model, request.Options.RandomCrop ? random.NextDouble() : 0.5);
        return request.Options.Flip && random.Next(2) == 0 ? picture.flip(2) : picture;
    }
}
