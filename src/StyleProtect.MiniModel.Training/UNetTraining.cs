using System.Security.Cryptography;
using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Models;
using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Diffusion.Schedulers;
using StyleProtect.Kernels;
using StyleProtect.MiniModel.Training.Data;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.MiniModel.Training;

/// <summary>Trains U-Net and text encoder together on the cached latents, v-prediction.</summary>
internal sealed class UNetTraining : IDisposable
{
    internal const string CheckpointName = "unet.safetensors";
    private const int ReportEvery = 50, SaveEvery = 500, HeldOutBatch = 128;
    private const long OtherStream = 1L << 31; // torch's generator takes the low 32 bits of a seed
    private const double EmptyCaption = 0.1;

    internal static readonly SchedulerConfig Scheduler = new()
    {
        ClassName = "DDIMScheduler",
        BetaStart = 0.00085,
        BetaEnd = 0.012,
        BetaSchedule = BetaSchedule.ScaledLinear,
        PredictionType = PredictionType.Velocity,
        ClipSample = false,
        SetAlphaToOne = false,
        StepsOffset = 1,
    };

    private readonly DataSet _set;
    private readonly string _folder;
    private readonly ScalarType _type;
    private readonly AutoencoderKL _autoencoder;
    private readonly LatentCache _cache;
    private readonly UNet2DConditionModel _unet;
    private readonly ClipTextModel _text;
    private readonly TrainedModule _trained;
    private readonly NoiseSchedule _schedule = new(Scheduler);

    internal UNetTraining(DataSet set, string folder, ScalarType type, int? views)
    {
        (_set, _folder, _type) = (set, folder, type);
        var weights = Path.Combine(folder, AutoencoderTraining.CheckpointName);
        if (!File.Exists(weights)) throw new FileNotFoundException($"There is no trained autoencoder '{weights}': run the autoencoder command first.", weights);
        using (WeightFactory.Use(type, CPU))
        {
            _autoencoder = new AutoencoderKL(ModelShapes.Autoencoder);
            _unet = new UNet2DConditionModel(ModelShapes.UNet);
            _text = new ClipTextModel(ModelShapes.Text(set.Vocabulary.Count, Vocabulary.MaxLength, set.Vocabulary.EndId));
        }

        using (var trained = new TrainedModule(_autoencoder))
        {
            trained.Load(weights);
            trained.Show(average: true);
        }

        _cache = LatentCache.OpenOrBuild(Path.Combine(folder, "latents.safetensors"), set, _autoencoder, Hash(weights), views);
        var both = new NumberedModules(("unet", _unet), ("text_encoder", _text));
        using var generator = new Generator(3);
        WeightInitializer.Initialize(both, generator);
        _trained = new TrainedModule(both);
        if (File.Exists(Checkpoint)) _trained.Load(Checkpoint);
    }

    private string Checkpoint => Path.Combine(_folder, CheckpointName);

    /// <param name="schedule">Learning rate and steps.</param>
    /// <param name="batch">Pictures a step.</param>
    /// <param name="peer">The other training of the same model; null for none.</param>
    internal void Run(TrainingSchedule schedule, int batch, PeerAveraging? peer = null)
    {
        peer?.Begin(_trained);
        var stream = peer?.Stream ?? 0;
        var log = new TrainingLog(Path.Combine(_folder, "unet"), _trained.Step, heldOutIsLoss: true);
        using var generator = new Generator(4);
        Console.WriteLine($"U-Net and text encoder: {_trained.Count:n0} weights, {_cache.Pictures.Count} latents, from step {_trained.Step}");
        while (_trained.Step < schedule.Steps)
        {
            var step = _trained.Step;
            using (var scope = NewDisposeScope())
            {
                generator.manual_seed(step + stream * OtherStream);
                var loss = Loss(step, batch, stream, generator);
                loss.backward();
                BackwardFaults.ThrowIfAny();
                log.Add(loss.item<float>());
                _trained.Update(schedule.At(step), 1e-4, clip: 1, averageDecay: 0.9995, peer is null ? batch : 2 * batch);
                if (_trained.Step == step)
                    throw new InvalidOperationException($"The gradient of step {step} is not finite; lower the learning rate and resume.");
            }

            if (_trained.Step % PeerAveraging.Every == 0 || _trained.Step == schedule.Steps) peer?.Exchange(_trained);
            if (_trained.Step % ReportEvery == 0) log.Report(_trained.Step, schedule.Steps, batch, _trained.Step % SaveEvery == 0 ? HeldOutLoss() : null);
            if (_trained.Step % SaveEvery != 0 && _trained.Step != schedule.Steps) continue;
            _trained.Save(Checkpoint);
            log.Save();
            Sheet();
        }

        log.Save(); // also draws the curve of a training that is complete already
    }

    /// <summary>Writes the model with its averaged weights.</summary>
    internal void Export(string folder)
    {
        using var trained = new TrainedModule(_autoencoder);
        trained.Load(Path.Combine(_folder, AutoencoderTraining.CheckpointName));
        ModelExport.Write(folder, trained, _cache.Mean, _cache.Deviation, _trained, _set.Vocabulary);
        Console.WriteLine(
            $"{folder}: step {_trained.Step}, {trained.Count + _trained.Count:n0} weights, {trained.Pictures:n0} and {_trained.Pictures:n0} pictures " +
            "learned from");
    }

    public void Dispose()
    {
        _trained.Dispose();
        _cache.Dispose();
        _unet.Dispose();
        _text.Dispose();
        _autoencoder.Dispose();
    }

    private Tensor Loss(long step, int batch, int stream, Generator generator)
    {
        var random = new StableRandom(5, step + stream * OtherStream);
        var entries = new long[batch];
        var captions = new string[batch];
        for (var i = 0; i < batch; i++)
        {
            entries[i] = random.Next(_cache.Pictures.Count);
            var picture = _set.Manifest.Pictures[(int)_cache.Pictures[(int)entries[i]]];
            captions[i] = random.NextDouble() < EmptyCaption ? "" : Captions.Compose(picture.Words, _set.StyleWord(picture.Style), ref random);
        }

        var moments = _cache.Moments.index_select(0, tensor(entries)).to(float32);
        return DenoisingLoss(moments, captions, generator);
    }

    /// <summary>Mean squared error of the predicted velocity; timesteps are stratified over the batch.</summary>
    private Tensor DenoisingLoss(Tensor moments, IReadOnlyList<string> captions, Generator generator)
    {
        var n = moments.shape[0];
        var posterior = new DiagonalGaussian(moments);
        var latents = (posterior.Sample(randn(posterior.Mean.shape, generator: generator)) - _cache.Mean) / _cache.Deviation;
        var noise = randn(latents.shape, generator: generator);
        var strata = TensorMath.Arange(n, float32).Add(rand([n], generator: generator)).Mul(Scheduler.NumTrainTimesteps / (double)n);
        var timesteps = strata.floor().Clamp(0, Scheduler.NumTrainTimesteps - 1).to(int64);
        var noisy = TensorLayout.ChannelsLast(_schedule.AddNoise(latents, noise, timesteps).to(_type));
        var predicted = _unet.Forward(noisy, timesteps, Context(captions)).to(float32);
        return functional.mse_loss(predicted, _schedule.Target(latents, noise, timesteps));
    }

    private Tensor Context(IReadOnlyList<string> captions) =>
        _text.Forward(tensor(captions.SelectMany(_set.Vocabulary.Encode).ToArray(), [captions.Count, Vocabulary.MaxLength])).LastHiddenState;

    /// <summary>Loss of the averaged weights on content-style pairs that the training never sees; the same noise and timesteps every time.</summary>
    private double HeldOutLoss()
    {
        _trained.Show(average: true);
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        using var generator = new Generator(6);
        var pool = _set.Pool(PictureSplit.HeldOutPair);
        var stride = Math.Max(1, pool.Count / HeldOutBatch);
        using var batch = _set.Batch([.. pool.Where((_, i) => i % stride == 0).Take(HeldOutBatch)], ModelShapes.PictureSize);
        var moments = _autoencoder.Encode(TensorLayout.ChannelsLast(batch.Images.to(_type))).Moments.to(float32);
        var loss = DenoisingLoss(moments, batch.Captions, generator).item<float>();
        _trained.Show(average: false);
        return loss;
    }

    /// <summary>Samples of held-out pairs: one content a column, one style a row.</summary>
    private void Sheet()
    {
        _trained.Show(average: true);
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        string[] contents = ["red apple", "cat face", "dog face", "grinning face", "house", "tree", "car", "fish", "star", "rose", "pizza", "rocket"];
        var styles = _set.Manifest.Styles.Where(s => s.Role == StyleRole.Training).Select(s => s.Id).ToArray();
        PictureSheet.Write(Path.Combine(_folder, "samples.png"),
            [.. styles.Select(style => Sample([.. contents.Select(c => Captions.Full(c, style))], steps: 25, guidance: 3, seed: 7))], zoom: 2);
        _trained.Show(average: false);
    }

    private Tensor Sample(IReadOnlyList<string> captions, int steps, double guidance, long seed)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)seed);
        var scheduler = new DdimScheduler(Scheduler);
        scheduler.SetTimesteps(steps);
        var n = captions.Count;
        var context = cat([Context([.. captions.Select(_ => "")]), Context(captions)]);
        var latents = randn([n, ModelShapes.UNet.InChannels, ModelShapes.UNet.SampleSize, ModelShapes.UNet.SampleSize], generator: generator);
        foreach (var timestep in scheduler.Timesteps)
        {
            using var inner = NewDisposeScope();
            var input = TensorLayout.ChannelsLast(cat([latents, latents]).to(_type));
            var both = _unet.Forward(input, TensorMath.Full([2 * n], (long)timestep, int64), context).to(float32).chunk(2);
            var guided = both[0].Add((both[1] - both[0]).Mul(guidance));
            latents = scheduler.Step(guided, timestep, latents).MoveToOuterDisposeScope();
        }

        var z = (latents * _cache.Deviation).Add(_cache.Mean);
        return _autoencoder.Decode(TensorLayout.ChannelsLast(z.to(_type))).to(float32).MoveToOuterDisposeScope();
    }

    internal static string Hash(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
