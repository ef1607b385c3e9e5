using System.Diagnostics;
using StyleProtect.Artworks;
using StyleProtect.Attacks.Memory;
using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Sampling;
using StyleProtect.Diffusion.Schedulers;
using StyleProtect.Diffusion.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace StyleProtect.Attacks.Mimicry;

/// <summary>Fine-tunes a loaded model on pictures, generates with it, and puts it back as it was. Runs on the engine thread.</summary>
/// <param name="model">The model.</param>
/// <param name="modelHash">Its identity, for checkpoints; only asked when there are some.</param>
internal sealed class MimicryAttack(LatentDiffusionModel model, Func<string> modelHash)
{
    /// <exception cref="AttackException">The pictures cannot be learned from, or nothing can be generated.</exception>
    internal AttackResult Run(AttackRequest request, IProgress<AttackProgress>? progress, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        var clock = Stopwatch.StartNew();
        var options = request.Options;
        var sampler = new TextToImageSampler(model);
        RefuseSmall(request);
        RefuseSampler(options);
        var memory = AttackMemoryPlan.For(model, request);
        var sampling = new SamplingOptions
        {
            Scheduler = options.Sampler,
            Steps = options.SamplingSteps,
            Guidance = options.Guidance,
            Seed = (ulong)options.Seed,
            Batch = memory.SamplingBatch,
        };
        if (options.Kind is AttackKind.None)
        {
            using var used = LearnedFile.Use(request, model);
            return new AttackResult(Generate(), [], 0, clock.Elapsed);
        }

        if (model.Second is not null && (options.TrainTextEncoder || options.Kind is AttackKind.TextualInversion))
            throw new AttackException(
                "Training the text encoder, or an embedding of it, is not supported for Stable Diffusion XL, which has two; train the U-Net alone.");
        var prior = options.PriorWeight > 0
            ? sampler.Sample(ClassPrompts(options), sampling with { Seed = sampling.Seed + 100_000 }, null, cancellationToken).to(model.Device)
            : null;
        var checkpoint = request.Checkpoints is { } kept
            ? new TrainingCheckpoint(kept, AttackIdentity.Of(request.Artworks, new { options, request.Captions, model = modelHash() }))
            : null;
        using ITrained trained = options.Kind switch
        {
            AttackKind.LoRA => new TrainedLora(
                model, options.LoraRank, options.LoraAlpha ?? options.LoraRank, options.Seed, options.LoraConvolutions, options.TrainTextEncoder),
            AttackKind.TextualInversion => new TrainedEmbedding(model, request),
            _ => new TrainedWeights(Weights(options)),
        };
        var curve = new MimicryTraining(model, request, prior, checkpoint, memory.MicroBatch).Run(trained, clock, progress, cancellationToken);
        LearnedFile.Write(request, trained);
        return new AttackResult(Generate(), curve, trained.Masters.Sum(m => m.numel()), clock.Elapsed);

        IReadOnlyList<Artwork> Generate() => MimicryPictures.Artworks(sampler.Sample(request.Prompts, sampling, null, cancellationToken));
    }

    private static string[] ClassPrompts(AttackOptions options) => [.. Enumerable.Repeat(options.ClassPrompt, options.ClassPictures)];

    /// <summary>Sampling comes last: whether it is possible is worth knowing before hours of training.</summary>
    private void RefuseSampler(AttackOptions options)
    {
        try
        {
            var scheduler = SchedulerFactory.Create(options.Sampler, model.Schedule.Config);
            using var remembered = scheduler as IDisposable;
            scheduler.SetTimesteps(options.SamplingSteps);
        }
        catch (Exception e) when (e is CheckpointException or ArgumentOutOfRangeException)
        {
            throw new AttackException($"The mimic cannot generate pictures with this sampler: {e.Message} Name another one, or other sampling steps.", e);
        }
    }

    private void RefuseSmall(AttackRequest request)
    {
        if (request.Options.Kind is AttackKind.None) return;
        var artworks = request.Artworks;
        for (var i = 0; i < artworks.Count; i++)
        {
            var (width, height) = (artworks[i].Width, artworks[i].Height);
            if (Math.Min(width, height) < model.PictureSize)
            {
                throw new AttackException(
                    $"Picture {i + 1} of {artworks.Count} is {width} × {height}: the model learns from squares of {model.PictureSize}, " +
                    "and enlarged pictures would teach it blur.")
                { PictureIndex = i };
            }
        }
    }

    private IReadOnlyList<Parameter> Weights(AttackOptions options)
    {
        var unet = options.Kind is AttackKind.CustomDiffusion
            ? model.UNet.CrossAttentionLayers().SelectMany(l => new[] { l.Attention.Key.Weight, l.Attention.Value.Weight })
            : model.UNet.parameters();
        return [.. options.TrainTextEncoder ? unet.Concat(model.TextEncoder.parameters()) : unet];
    }
}
