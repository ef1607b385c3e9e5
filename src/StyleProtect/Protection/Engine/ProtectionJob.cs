using System.Diagnostics;
using StyleProtect.Artworks;
using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Training;
using StyleProtect.Kernels;
using StyleProtect.Layers;
using StyleProtect.Metrics;
using StyleProtect.Perception;
using StyleProtect.Protection.Encodings;
using StyleProtect.Protection.Methods;
using StyleProtect.Protection.Objectives;
using StyleProtect.Protection.Surrogates;
using StyleProtect.Protection.Views;
using static TorchSharp.torch;

namespace StyleProtect.Protection.Engine;

/// <summary>One protection from pictures to pictures. Runs on the engine thread.</summary>
internal sealed class ProtectionJob(LatentDiffusionModel model, Recipe recipe, ResolvedSettings settings, IFusedKernels kernels, StepPlan? plan = null, IStyleFeatures? style = null)
{
    private const int LossDraws = 16;
    private readonly int _side = settings.Resolution ?? model.PictureSize;
    private readonly StepPlan _plan = plan ?? StepPlan.Whole;

    /// <summary>Protects pictures.</summary>
    /// <returns>The protected pictures with the figures; identity and device are the caller's to fill in.</returns>
    internal ProtectionOutcome Run(IReadOnlyList<Artwork> artworks, LayerSelection layers, IProgress<ProtectionProgress>? progress, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        var clock = Stopwatch.StartNew();
        var originals = settings.Reference ? [.. artworks.Select(a => PillowResize.Squash(a, _side))] : artworks;
        var context = model.EncodePrompt(settings.Prompt);
        var inputs = new ObjectiveInputs(model, context, Target(cancellationToken)) { Style = style };
        var probe = new LossProbe(model, inputs.DenoisingLoss, LossDraws);
        var (before, latents) = probe.Measure(originals);
        Finite(before, "The denoising loss of the originals");
        var canvases = originals.Select(a => new Canvas(a, model.Device)).ToArray();
        try
        {
            var (curve, seconds, trained) = recipe.Optimises
                ? Climb(canvases, inputs, layers, clock, progress, cancellationToken)
                : Randomize(canvases);
            cancellationToken.ThrowIfCancellationRequested();
            Artwork[] changed = [.. canvases.Select(c => settings.Reference ? c.ComposeReference() : c.Compose(settings.Epsilon))];
            var (after, moved) = probe.Measure(changed);
            Finite(after, "The denoising loss of the protected pictures");
            var results = changed.Select((c, i) => Measured(originals[i], c, ((moved[i] - latents[i]).norm() / latents[i].norm()).item<float>())).ToArray();
            return new ProtectionOutcome(results, before, after, curve, seconds, trained, clock.Elapsed);
        }
        finally
        {
            foreach (var canvas in canvases) canvas.Dispose();
        }
    }

    private (List<double> Curve, Dictionary<string, double> Seconds, long Trained) Climb(
        Canvas[] canvases, ObjectiveInputs inputs, LayerSelection layers, Stopwatch clock, IProgress<ProtectionProgress>? progress, CancellationToken cancellationToken)
    {
        var rounds = new RoundSettings(settings.StepsOfRound, settings.SurrogateSteps, settings.LearningRate, settings.Seed);
        IViewSampler sampler = settings.Reference ? new WholePicture(_side, _side) : new WholeAndCrops(_side, settings.Crops);
        var pace = new StepPace(() => clock.Elapsed, settings.Steps, recipe.Surrogate?.TrainingSteps(settings.Steps, rounds) ?? 0, canvases.Length * (settings.Reference ? 1 : 1 + settings.Crops) * settings.Draws);
        using var surrogate = Surrogate(inputs, layers, rounds, loss => progress?.Report(pace.Trained(loss)));
        var training = new Random(HashCode(settings.Seed, -1));
        var step = new ProtectionStep(model, recipe.Objective(inputs), _plan) { Cancellation = cancellationToken };
        var curve = new List<double>(settings.Steps);
        var project = 0.0;
        using var generator = new Generator((ulong)settings.Seed);
        var timesteps = settings.Reference ? null : new TimestepSequence(model.Schedule.Config.NumTrainTimesteps, generator);
        if (recipe.StartsRandomly)
            foreach (var canvas in canvases) canvas.Randomize(settings.Epsilon / 127.5, generator);
        for (var i = 0; i < settings.Steps; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var random = new Random(HashCode(settings.Seed, i));
            var views = new List<(Canvas Canvas, View View)>();
            try
            {
                foreach (var canvas in canvases)
                    foreach (var part in sampler.Sample(canvas.Artwork.Width, canvas.Artwork.Height, random))
                        views.Add((canvas, new View(part, sampler.Height, sampler.Width, ResamplingFilter.Bicubic, model.Device)));
                var batch = Look(views, c => c.Seen());
                surrogate.Prepare(i, original => TrainingView(canvases, sampler, training, original), cancellationToken);
                var originals = recipe.NeedsStyleEncoder ? Look(views, c => c.SeenOriginal()) : null;
                var (loss, gradient) = step.Run(batch, Draws(i, model.LatentShape(batch.shape[0], batch.shape[2], batch.shape[3]), generator, timesteps, originals));
                curve.Add(Finite(loss, $"The objective of step {i + 1}"));
                var start = Stopwatch.GetTimestamp();
                for (var v = 0; v < views.Count; v++) views[v].Canvas.Accumulate(views[v].View, gradient[v]);
                var options = new PgdStepOptions { StepSize = (float)(settings.StepSizeAt(i) / 127.5), Epsilon = (float)(settings.Epsilon / 127.5) };
                foreach (var canvas in canvases) canvas.Step(kernels, options);
                surrogate.Descend();
                project += Stopwatch.GetElapsedTime(start).TotalSeconds;
            }
            finally
            {
                foreach (var (_, view) in views) view.Dispose();
            }

            var report = pace.Climbed(curve[^1]);
            progress?.Report(report);
        }

        var seconds = step.Seconds.ToDictionary(s => s.Key, s => s.Value / settings.Steps, StringComparer.Ordinal);
        seconds["project"] = project / settings.Steps;
        if (recipe.Surrogate is not null) seconds["train"] = pace.Training.TotalSeconds / settings.Steps;
        return (curve, seconds, surrogate.ParameterCount);
    }

    private ISurrogate Surrogate(ObjectiveInputs inputs, LayerSelection layers, RoundSettings rounds, Action<double> report)
    {
        if (recipe.Surrogate is not { } turns) return layers.Layers.Count == 0 ? new NoSurrogate() : new KeyValueSurrogate(model.UNet, layers.Layers, settings.LearningRate, kernels);
        ITrained trained = turns.LoraRank is { } rank ? new TrainedLora(model, rank, rank, settings.Seed) : new TrainedWeights([.. model.UNet.parameters()]);
        return new RoundSurrogate(model, trained, inputs.DenoisingLoss, turns, rounds, _plan, report);
    }

    /// <summary>A view of one of the pictures, drawn as a step's are, [1, 3, h, w].</summary>
    private Tensor TrainingView(Canvas[] canvases, IViewSampler sampler, Random random, bool original)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        var canvas = canvases[random.Next(canvases.Length)];
        var parts = sampler.Sample(canvas.Artwork.Width, canvas.Artwork.Height, random);
        using var view = new View(parts[random.Next(parts.Count)], sampler.Height, sampler.Width, ResamplingFilter.Bicubic, model.Device);
        return view.Apply(original ? canvas.SeenOriginal() : canvas.Seen()).unsqueeze(0).MoveToOuterDisposeScope();
    }

    /// <param name="timesteps">Null for the official scripts' independent ones.</param>
    private StepDraws[] Draws(int step, long[] shape, Generator generator, TimestepSequence? timesteps, Tensor? originals)
    {
        var draws = Enumerable.Range(0, settings.Draws).Select(d => timesteps is null
            ? StepDraws.Sample(shape, model.Schedule.Config.NumTrainTimesteps, generator, model.Device)
            : StepDraws.Sample(shape, timesteps.At(step, d, settings.Draws, (int)shape[0]), generator, model.Device));
        return [.. draws.Select(d => d with { Posterior = recipe.EncodesMean ? zeros_like(d.Posterior) : d.Posterior, Originals = originals })];
    }

    /// <summary>Scaled latents of the target [1, C, h, w] in the middle of their distribution, or null.</summary>
    private Tensor? Target(CancellationToken cancellationToken)
    {
        if (settings.Target is null && !recipe.NeedsTarget) return null;
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        var picture = settings.Target is { } target ? LossProbe.Central(model, target, _side).unsqueeze(0) : TargetPattern.Of(_side).to(model.Device);
        using var encoding = _plan.Encode(model, picture, cancellationToken);
        return model.Sample(encoding.Moments, zeros(model.LatentShape(1, _side, _side), device: model.Device)).MoveToOuterDisposeScope();
    }

    /// <summary>The views as a batch [N, 3, h, w]; a picture composed over white once a step.</summary>
    private static Tensor Look(List<(Canvas Canvas, View View)> views, Func<Canvas, Tensor> shown)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        var seen = new Dictionary<Canvas, Tensor>();
        foreach (var (canvas, _) in views)
            if (!seen.ContainsKey(canvas)) seen[canvas] = shown(canvas);
        return stack([.. views.Select(v => v.View.Apply(seen[v.Canvas]))]).MoveToOuterDisposeScope();
    }

    private (List<double> Curve, Dictionary<string, double> Seconds, long Trained) Randomize(Canvas[] canvases)
    {
        using var generator = new Generator((ulong)settings.Seed);
        foreach (var canvas in canvases) canvas.Randomize(settings.Epsilon / 127.5, generator);
        return ([], new Dictionary<string, double>(StringComparer.Ordinal), 0);
    }

    private static double Finite(double loss, string what) => double.IsFinite(loss)
        ? loss
        : throw new ProtectionException($"{what} is {loss}: the model or the arithmetic is broken. Nothing was kept. Try the precision 'reference'.");

    private static ProtectedArtwork Measured(Artwork original, Artwork result, double latentShift)
    {
        float[] a = original.ToPlanarRgb(), b = result.ToPlanarRgb();
        var ssim = Math.Min(original.Width, original.Height) >= SsimWindow.Default.Size ? StructuralSimilarity.Compute(a, b, original.Width, original.Height) : double.NaN;
        return new ProtectedArtwork(result, ImageDifference.Psnr(a, b), ssim, ImageDifference.LInfinity(a, b)) { LatentShift = latentShift };
    }

    // System.HashCode is seeded by the process; a step's draws must not be.
    private static int HashCode(long seed, int step)
    {
        unchecked
        {
            var h = (ulong)seed * 0x9E3779B97F4A7C15 + (ulong)step + 1;
            h ^= h >> 31;
            h *= 0xBF58476D1CE4E5B9;
            return (int)(h >> 33);
        }
    }
}
