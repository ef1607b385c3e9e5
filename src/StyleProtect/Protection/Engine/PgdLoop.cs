using System.Diagnostics;
using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Models;
using StyleProtect.Diffusion.Training;
using StyleProtect.Kernels;
using StyleProtect.Layers;
using StyleProtect.Protection.Objectives;
using StyleProtect.Protection.Surrogates;
using StyleProtect.Protection.Views;
using StyleProtect.Runtime.Encodings;
using StyleProtect.Runtime.Views;
using static TorchSharp.torch;

namespace StyleProtect.Protection.Engine;

/// <summary>The image steps of a job, on all of its images together, and the trainings between them. Runs on the engine thread.</summary>
internal sealed class PgdLoop : IProtectionLoop, IDisposable
{
    private readonly LatentDiffusionModel _model;
    private readonly ProtectionMethod _method;
    private readonly ResolvedSettings _settings;
    private readonly IFusedKernels _kernels;
    private readonly StepPartition _partition;
    private readonly IReadOnlyList<PerturbedImage> _images;
    private readonly IViewSampler _views;
    private readonly ObjectiveContext _context;
    private readonly List<Member> _members = [];
    private readonly Generator _generator;
    private readonly NoiseSampler _noise;
    private readonly Random _trainingViews;
    private readonly TimeEstimate _estimate;
    private readonly IProgress<ProtectionProgress>? _progress;
    private readonly ISurrogate? _surrogate;
    private readonly List<double> _curve;
    private double _projectSeconds;
    private TrainingLease? _training;

    internal PgdLoop(
        LatentDiffusionModel model, ProtectionMethod method, ResolvedSettings settings, IFraming framing, IFusedKernels kernels, StepPartition partition,
        IReadOnlyList<PerturbedImage> images, IReadOnlyList<ObjectiveContext> contexts, LayerSelection layers, Func<TimeSpan> elapsed,
        IProgress<ProtectionProgress>? progress, CancellationToken cancellationToken)
    {
        (_model, _method, _settings, _kernels, _partition, _images, _progress, CancellationToken) =
            (model, method, settings, kernels, partition, images, progress, cancellationToken);
        _context = contexts[0];
        _views = method.Views?.Invoke(new ViewSamplerContext(_context.Side, model.SizeStep)) ?? framing.Views();
        Settings = settings.OuterLoop;
        _curve = new List<double>(settings.Steps);
        var passes = images.Count * framing.ViewsPerImage * settings.NoiseSamples;
        _estimate = new TimeEstimate(elapsed, settings.Steps, method.OuterLoop?.TrainingSteps(Settings) ?? 0, passes);
        _trainingViews = new Random(StepSeed(settings.Seed, -1));
        _generator = new Generator((ulong)settings.Seed);
        try
        {
            foreach (var (autoencoder, context) in model.Autoencoders.Zip(contexts))
            {
                var objective = method.Objective!(context) ?? throw new ProtectionException($"The method '{method.Name}' gave no objective.");
                _members.Add(new Member(autoencoder, objective,
                    new GradientStep(autoencoder, objective, partition) { Method = method.Name, Cancellation = cancellationToken }));
            }

            _noise = new NoiseSampler(model, _generator, framing.Timesteps(model, _generator), settings.NoiseSamples, method.EncodesMean);
            _surrogate = method.Surrogate?.Invoke(new SurrogateContext(model, layers.Layers, settings.LearningRate))
                ?? (layers.Layers.Count > 0 && method.TakesLayers ? new KeyValueSurrogate(model.UNet, layers.Layers, settings.LearningRate, kernels) : null);
            TrainedParameters = _surrogate?.ParameterCount ?? 0;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public OuterLoopSettings Settings { get; }

    public int StepsDone => _curve.Count;

    public CancellationToken CancellationToken { get; }

    /// <summary>The objective at every step.</summary>
    internal IReadOnlyList<double> Curve => _curve;

    /// <summary>Number of trained weights.</summary>
    internal long TrainedParameters { get; private set; }

    /// <summary>Mean seconds of a step by phase.</summary>
    internal IReadOnlyDictionary<string, double> StepSeconds
    {
        get
        {
            var seconds = _members.SelectMany(m => m.Gradient.Seconds).GroupBy(s => s.Key, StringComparer.Ordinal)
                .ToDictionary(g => g.Key, g => g.Sum(s => s.Value) / _settings.Steps, StringComparer.Ordinal);
            seconds["project"] = _projectSeconds / _settings.Steps;
            if (_method.OuterLoop is not null) seconds["train"] = _estimate.Training.TotalSeconds / _settings.Steps;
            return seconds;
        }
    }

    /// <summary>All steps.</summary>
    internal void Run()
    {
        if (_method.StartsRandomly)
            foreach (var image in _images) image.Randomize(_generator);
        if (_method.OuterLoop is { } outer)
        {
            outer.Run(this);
            if (StepsDone < _settings.Steps)
                throw new ProtectionException($"The outer loop of the method '{_method.Name}' ended after {StepsDone} of {_settings.Steps} image steps.");
            return;
        }

        while (StepsDone < _settings.Steps) ImageStep();
    }

    public void ImageStep()
    {
        if (StepsDone >= _settings.Steps) throw new InvalidOperationException($"All {_settings.Steps} image steps are done.");
        CancellationToken.ThrowIfCancellationRequested();
        using var scope = NewDisposeScope();
        var step = StepsDone;
        var random = new Random(StepSeed(_settings.Seed, step));
        var crops = new List<(PerturbedImage Image, Crop Crop, ViewRegion Region)>();
        try
        {
            foreach (var image in _images)
                foreach (var region in Regions(image, random))
                    crops.Add((image, Make(region, image), region));
            double loss = 0;
            // Views of equal size are one batch; the order within it is that of the images.
            foreach (var group in crops.GroupBy(c => (c.Region.Height, c.Region.Width)))
                loss += AccumulateGradient(step, [.. group], (double)group.Count() / crops.Count, random);
            _curve.Add(EnsureFinite(loss, $"The objective of step {step + 1}", $" in the method '{_method.Name}'"));
            var start = Stopwatch.GetTimestamp();
            foreach (var image in _images) image.Step(_kernels, _settings.StepSizeAt(step));
            _surrogate?.OptimizerStep();
            _projectSeconds += Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
        finally
        {
            foreach (var (_, crop, _) in crops) crop.Dispose();
        }

        _progress?.Report(_estimate.Stepped(_curve[^1]));
    }

    public ISurrogateTraining TrainUNet() => Training(() => new TrainedWeights([.. _model.UNet.parameters()]));

    public ISurrogateTraining TrainLora(int rank)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rank, 1);
        return Training(() => new TrainedLora(_model, rank, rank, _settings.Seed));
    }

    public void Dispose()
    {
        // An outer loop that failed or forgot to: the model must be as it was for the next job.
        _training?.Dispose();
        foreach (var member in _members) (member.Objective as IDisposable)?.Dispose();
        _surrogate?.Dispose();
        _generator.Dispose();
    }

    /// <exception cref="ProtectionException">The value is not a number.</exception>
    internal static double EnsureFinite(double value, string what, string where = "") => double.IsFinite(value)
        ? value
        : throw new ProtectionException($"{what} is {value}{where}: the model or the arithmetic is broken. Nothing was kept. Try the precision 'float32'.");

    /// <summary>Objective and gradient of views of one size; the gradient goes to the images.</summary>
    private double AccumulateGradient(int step, IReadOnlyList<(PerturbedImage Image, Crop Crop, ViewRegion Region)> crops, double share, Random random)
    {
        using var scope = NewDisposeScope();
        var transformed = _method.Transformation is null ? null : new TransformedViews(_method.Transformation, _method.Name, random.Next(), _model.SizeStep);
        var leaf = Look(crops, i => i.Seen());
        var views = transformed is null ? leaf : transformed.Apply(leaf.requires_grad_(true));
        double loss = 0;
        Tensor? sum = null;
        foreach (var member in _members)
        {
            using var batch = new ViewBatch(views.detach(), () => Original(crops, transformed), p => Encode(member.Autoencoder, p))
            {
                Step = step,
                Weight = share,
            };
            var shape = member.Autoencoder.LatentShape(views.shape[0], views.shape[2], views.shape[3]);
            var (value, ofMember) = member.Gradient.Run(batch, _noise.Of(step, shape));
            if (double.IsFinite(value)) RequireFinite(ofMember, step);
            loss += value / _members.Count;
            var part = _members.Count == 1 ? ofMember : Normalised(ofMember).Mul(share / _members.Count);
            sum = sum is null ? part : sum.Add(part);
        }

        var gradient = sum!;
        if (transformed is not null) gradient = transformed.VectorJacobianProduct(leaf, views, gradient);
        var start = Stopwatch.GetTimestamp();
        for (var v = 0; v < crops.Count; v++) crops[v].Image.AccumulateGradient(crops[v].Crop, gradient[v]);
        _projectSeconds += Stopwatch.GetElapsedTime(start).TotalSeconds;
        return share * loss;
    }

    private static Tensor Original(IReadOnlyList<(PerturbedImage Image, Crop Crop, ViewRegion Region)> crops, TransformedViews? transformed)
    {
        var originals = Look(crops, i => i.SeenOriginal());
        return transformed is null ? originals : transformed.Apply(originals);
    }

    private DiagonalGaussian Encode(LatentAutoencoder autoencoder, Tensor pictures)
    {
        using var encoding = _partition.Encode(autoencoder, pictures, CancellationToken);
        return autoencoder.Posterior(encoding.Moments.clone());
    }

    /// <summary>
    /// A gradient of length one: autoencoders differ by orders of magnitude in the scale of their latents, and the loudest must not decide alone. A gradient of
    /// zero stays zero.
    /// </summary>
    private static Tensor Normalised(Tensor gradient)
    {
        var norm = gradient.norm().item<float>();
        return norm > 0 ? gradient.Div(norm) : gradient;
    }

    private void RequireFinite(Tensor gradient, int step)
    {
        using var scope = NewDisposeScope();
        if (float.IsFinite(gradient.abs().max().item<float>())) return;
        throw new ProtectionException(
            $"The gradient of step {step + 1} of the method '{_method.Name}' is not finite. Nothing was kept. Try the precision 'float32'.");
    }

    private IReadOnlyList<ViewRegion> Regions(PerturbedImage image, Random random) =>
        _views.Sample(image.Artwork.Width, image.Artwork.Height, random) is { Count: > 0 } regions
            ? regions
            : throw new ProtectionException(
                $"The view sampler of the method '{_method.Name}' sampled no view of the picture of {image.Artwork.Width} × {image.Artwork.Height}.");

    private Crop Make(ViewRegion region, PerturbedImage image)
    {
        var (part, height, width) = region;
        if (part.Width < 1 || part.Height < 1 || part.X < 0 || part.Y < 0 || part.X + part.Width > image.Artwork.Width
                || part.Y + part.Height > image.Artwork.Height)
            throw new ProtectionException($"The view sampler of the method '{_method.Name}' sampled {part}, which does not lie in the picture of " +
                $"{image.Artwork.Width} × {image.Artwork.Height}.");
        if (height < 1 || width < 1 || height % _model.SizeStep != 0 || width % _model.SizeStep != 0)
            throw new ProtectionException(
                $"The view sampler of the method '{_method.Name}' sampled a view of {width} × {height}; its sides must be multiples of {_model.SizeStep}.");
        return new Crop(part, height, width, ResamplingFilter.Bicubic, _model.Device);
    }

    /// <summary>The views as a batch [N, 3, h, w]; an image composed over white once a step.</summary>
    private static Tensor Look(IReadOnlyList<(PerturbedImage Image, Crop Crop, ViewRegion Region)> crops, Func<PerturbedImage, Tensor> shown)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        var seen = new Dictionary<PerturbedImage, Tensor>();
        foreach (var (image, _, _) in crops)
            if (!seen.ContainsKey(image)) seen[image] = shown(image);
        return stack([.. crops.Select(v => v.Crop.Apply(seen[v.Image]))]).MoveToOuterDisposeScope();
    }

    private TrainingLease Training(Func<ITrained> make)
    {
        // Before anything is made: what a second training would put back are the first one's weights.
        if (_training is not null) throw new InvalidOperationException("There is a training already: dispose it before the next one begins.");
        var trained = make();
        var training = new SurrogateTraining(_model, trained, (DenoisingLoss)_context.DenoisingLoss, Settings, _partition, TrainingView,
            loss => _progress?.Report(_estimate.Trained(loss)), CancellationToken);
        // The image steps before the first turn leave no gradients in it.
        training.SetTrainable(false);
        TrainedParameters = Math.Max(TrainedParameters, training.ParameterCount);
        return _training = new TrainingLease(training, () => _training = null);
    }

    /// <summary>A view of one of the images, sampled as a step's are, [1, 3, h, w].</summary>
    private Tensor TrainingView(bool original)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        var image = _images[_trainingViews.Next(_images.Count)];
        var regions = Regions(image, _trainingViews);
        using var crop = Make(regions[_trainingViews.Next(regions.Count)], image);
        return crop.Apply(original ? image.SeenOriginal() : image.Seen()).unsqueeze(0).MoveToOuterDisposeScope();
    }

    // System.HashCode is seeded by the process; a step's random numbers must not be.
    private static int StepSeed(long seed, int step)
    {
        unchecked
        {
            var h = (ulong)seed * 0x9E3779B97F4A7C15 + (ulong)step + 1;
            h ^= h >> 31;
            h *= 0xBF58476D1CE4E5B9;
            return (int)(h >> 33);
        }
    }

    /// <summary>An autoencoder with the objective that looks through it.</summary>
    private sealed record Member(LatentAutoencoder Autoencoder, IObjective Objective, GradientStep Gradient);

    /// <summary>A training that makes room for the next one when it is disposed.</summary>
    private sealed class TrainingLease(SurrogateTraining training, Action ended) : ISurrogateTraining
    {
        private bool _disposed;

        public long ParameterCount => training.ParameterCount;

        public double Train(bool originals, int steps)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return training.Train(originals, steps);
        }

        public ISurrogateState Save()
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return training.Save();
        }

        public void Restore(ISurrogateState state)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            training.Restore(state);
        }

        public void Dispose()
        {
            if (_disposed) return;
            _disposed = true;
            training.Dispose();
            ended();
        }
    }
}
