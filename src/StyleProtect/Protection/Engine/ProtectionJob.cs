using System.Diagnostics;
using StyleProtect.Artworks;
using StyleProtect.Diffusion;
using StyleProtect.Kernels;
using StyleProtect.Layers;
using StyleProtect.Metrics;
using StyleProtect.Perception;
using StyleProtect.Protection.Objectives;
using StyleProtect.Protection.Views;
using StyleProtect.Runtime.Encodings;
using StyleProtect.Runtime.Views;
using static TorchSharp.torch;

namespace StyleProtect.Protection.Engine;

/// <summary>One protection from pictures to pictures: measure, optimise, write, measure again. Runs on the engine thread.</summary>
internal sealed class ProtectionJob(LatentDiffusionModel model, ProtectionOptions options, string prompt, IFusedKernels kernels,
    StepPartition? partition = null, IStyleFeatures? style = null)
{
    private readonly ProtectionMethod _method = options.Method;
    private readonly ResolvedSettings _settings = ResolvedSettings.From(options);
    private readonly int _side = options.Resolution ?? model.PictureSize;
    private readonly StepPartition _partition = partition ?? StepPartition.Whole;

    /// <summary>Protects pictures.</summary>
    /// <exception cref="ProtectionException">A loss is not a number, or a part of the method returned what cannot be used.</exception>
    internal ProtectionOutcome Run(IReadOnlyList<Artwork> artworks, LayerSelection layers, IProgress<ProtectionProgress>? progress,
        CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        var clock = Stopwatch.StartNew();
        var framing = IFraming.Of(_settings.OfficialScript, _side);
        var originals = framing.Prepare(artworks);
        var contexts = Contexts(cancellationToken);
        // A U-Net's loss is that of its own size; an autoencoder alone has none, and its latents are looked at as the steps see them.
        var probe = model.HasUNet
            ? new LossProbe(model, (DenoisingLoss)contexts[0].DenoisingLoss, options.LossSamples) : new LossProbe(model, null, 0, _partition, _side);
        var (before, latents) = probe.Measure(originals);
        if (before is { } of) PgdLoop.EnsureFinite(of, "The denoising loss of the originals");
        var images = new List<PerturbedImage>();
        try
        {
            _method.Guard(() =>
            {
                foreach (var original in originals) images.Add(new PerturbedImage(original, model.Device, _settings.Epsilon, _method));
                return images;
            });
            var optimised = Optimise(images, framing, contexts, layers, clock, progress, cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            Artwork[] changed = [.. images.Select(framing.Compose)];
            var (after, moved) = probe.Measure(changed);
            if (after is { } loss) PgdLoop.EnsureFinite(loss, "The denoising loss of the protected pictures");
            ProtectedArtwork[] results = [.. changed.Select((c, i) => Measured(originals[i], c, LossProbe.Shift(latents[i], moved[i]), i))];
            return optimised with { Artworks = results, LossBefore = before, LossAfter = after, Duration = clock.Elapsed };
        }
        finally
        {
            foreach (var image in images) image.Dispose();
        }
    }

    private ProtectionOutcome Optimise(
        IReadOnlyList<PerturbedImage> images, IFraming framing, IReadOnlyList<ObjectiveContext> contexts, LayerSelection layers, Stopwatch clock,
        IProgress<ProtectionProgress>? progress,
        CancellationToken cancellationToken)
    {
        if (!_method.Optimises)
        {
            using var generator = new Generator((ulong)_settings.Seed);
            foreach (var image in images) image.Randomize(generator);
            return new ProtectionOutcome();
        }

        var watched = progress is null ? null : new WatchedProgress(progress);
        return _method.Guard(() =>
        {
            using var loop = new PgdLoop(model, _method, _settings, framing, kernels, _partition, images, contexts, layers, () => clock.Elapsed, watched,
                cancellationToken);
            loop.Run();
            return new ProtectionOutcome { LossCurve = loop.Curve, StepSeconds = loop.StepSeconds, TrainedParameters = loop.TrainedParameters };
        }, () => watched?.Fault);
    }

    /// <summary>Keeps what the caller's progress throws, which is not the method's fault.</summary>
    private sealed class WatchedProgress(IProgress<ProtectionProgress> inner) : IProgress<ProtectionProgress>
    {
        internal Exception? Fault { get; private set; }

        public void Report(ProtectionProgress value)
        {
            try
            {
                inner.Report(value);
            }
            catch (Exception e)
            {
                Fault = e;
                throw;
            }
        }
    }

    /// <summary>A context for each autoencoder; they share the pictures, and each has the target's latents of its own.</summary>
    private IReadOnlyList<ObjectiveContext> Contexts(CancellationToken cancellationToken)
    {
        var target = Target();
        var text = model.HasUNet ? model.EncodePrompt(prompt) : null;
        Tensor[] others = [.. (options.OtherArtist ?? []).Select(a => ModelPictures.CentralSquare(a, _side, model.Device).unsqueeze(0))];
        return [.. model.Autoencoders.Select((autoencoder, member) => new ObjectiveContext(model, text, member)
        {
            Side = _side,
            Style = style,
            Target = target,
            TargetLatents = target is null ? null : Latents(autoencoder, target, cancellationToken),
            OtherArtist = others,
        })];
    }

    /// <summary>The target picture [1, 3, side, side], or null.</summary>
    private Tensor? Target()
    {
        if (options.Target is { } target) return ModelPictures.CentralSquare(target, _side, model.Device).unsqueeze(0);
        return _method.Needs.HasFlag(MethodNeeds.Target) ? TargetPattern.Of(_side).to(model.Device) : null;
    }

    /// <summary>Scaled latents of a picture [1, C, h, w], the mean of their distribution.</summary>
    private Tensor Latents(LatentAutoencoder autoencoder, Tensor picture, CancellationToken cancellationToken)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        using var encoding = _partition.Encode(autoencoder, picture, cancellationToken);
        return autoencoder.Sample(encoding.Moments, zeros(autoencoder.LatentShape(1, _side, _side), device: model.Device)).MoveToOuterDisposeScope();
    }

    private ProtectedArtwork Measured(Artwork original, Artwork result, double latentShift, int index)
    {
        float[] a = original.ToPlanarRgb(), b = result.ToPlanarRgb();
        var ssim = Math.Min(original.Width, original.Height) >= SsimWindow.Default.Size
            ? StructuralSimilarity.Compute(a, b, original.Width, original.Height) : double.NaN;
        return new ProtectedArtwork(result, ImageDifference.Psnr(a, b), ssim,
            ImageDifference.LInfinity(a, b))
        { LatentShift = latentShift, Metrics = Metrics() };

        IReadOnlyDictionary<string, double> Metrics()
        {
            try
            {
                return PictureMetrics.Compute(options.Metrics, original, result, original.SourcePath is { } path ? $"'{path}'" : $"picture {index + 1}");
            }
            catch (InvalidOperationException e)
            {
                throw new ProtectionException(e.Message, e);
            }
        }
    }
}

/// <summary>What a job gives back to the protector, which adds model, device and settings.</summary>
internal sealed record ProtectionOutcome
{
    internal IReadOnlyList<ProtectedArtwork> Artworks { get; init; } = [];

    internal double? LossBefore { get; init; }

    internal double? LossAfter { get; init; }

    internal IReadOnlyList<double> LossCurve { get; init; } = [];

    internal IReadOnlyDictionary<string, double> StepSeconds { get; init; } = new Dictionary<string, double>(StringComparer.Ordinal);

    internal long TrainedParameters { get; init; }

    internal TimeSpan Duration { get; init; }
}
