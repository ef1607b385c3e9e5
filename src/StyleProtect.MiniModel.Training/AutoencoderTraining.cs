using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Models;
using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Kernels;
using StyleProtect.MiniModel.Training.Data;
using static TorchSharp.torch;

namespace StyleProtect.MiniModel.Training;

/// <summary>Trains the autoencoder: L1, squared error and edges of the reconstruction, a little Kullback-Leibler divergence.</summary>
internal sealed class AutoencoderTraining : IDisposable
{
    internal const string CheckpointName = "autoencoder.safetensors";
    private const double KlWeight = 2e-6, EdgeWeight = 0.5, SquareWeight = 2;
    private const int ReportEvery = 50, SaveEvery = 250;
    private readonly DataSet _set;
    private readonly string _folder;
    private readonly ScalarType _type;
    private readonly AutoencoderKL _model;
    private readonly TrainedModule _trained;

    internal AutoencoderTraining(DataSet set, string folder, ScalarType type)
    {
        (_set, _folder, _type) = (set, folder, type);
        Directory.CreateDirectory(folder);
        using (WeightFactory.Use(type, CPU)) _model = new AutoencoderKL(ModelShapes.Autoencoder);
        using var generator = new Generator(1);
        WeightInitializer.Initialize(_model, generator);
        _trained = new TrainedModule(_model);
        if (File.Exists(Checkpoint)) _trained.Load(Checkpoint);
    }

    private string Checkpoint => Path.Combine(_folder, CheckpointName);

    internal void Run(TrainingSchedule schedule, int batch)
    {
        var pool = _set.Pool(PictureSplit.Train, PictureSplit.Autoencoder);
        var sampler = new BatchSampler(_set, pool, SampleOptions.ForAutoencoder(ModelShapes.PictureSize));
        var heldOut = _set.Pool(PictureSplit.HeldOutContent, PictureSplit.HeldOutPair);
        var log = new TrainingLog(_folder, _trained.Step, heldOutIsLoss: false);
        using var generator = new Generator(2);
        Console.WriteLine($"autoencoder: {_trained.Count:n0} weights, {pool.Count} pictures, from step {_trained.Step}");
        while (_trained.Step < schedule.Steps)
        {
            var step = _trained.Step;
            using (var scope = NewDisposeScope())
            {
                generator.manual_seed(step);
                using var pictures = sampler.Sample(step, batch);
                var loss = Loss(DrawingAugmentation.Apply(pictures.Images, generator), generator);
                loss.backward();
                BackwardFaults.ThrowIfAny();
                log.Add(loss.item<float>());
                _trained.Update(schedule.At(step), 1e-4, clip: 1, averageDecay: 0.999, batch);
                if (_trained.Step == step) _trained.Update(0, 0, 1, 1, pictures: 0);
            }

            if (_trained.Step % ReportEvery == 0)
                log.Report(_trained.Step, schedule.Steps, batch, _trained.Step % SaveEvery == 0 ? HeldOutPsnr(heldOut) : null);
            if (_trained.Step % SaveEvery != 0 && _trained.Step != schedule.Steps) continue;
            _trained.Save(Checkpoint);
            log.Save();
            Sheet(heldOut);
        }

        log.Save(); // also draws the curve of a training that is complete already
    }

    public void Dispose()
    {
        _trained.Dispose();
        _model.Dispose();
    }

    private Tensor Loss(Tensor pictures, Generator generator)
    {
        var x = TensorLayout.ChannelsLast(pictures.to(_type));
        var posterior = _model.Encode(x);
        var noise = randn(posterior.Mean.shape, generator: generator).to(_type);
        var y = _model.Decode(posterior.Sample(noise)).to(float32);
        var difference = y - pictures;
        var edges = (difference.narrow(2, 1, difference.shape[2] - 1) - difference.narrow(2, 0, difference.shape[2] - 1)).abs().mean()
            .Add((difference.narrow(3, 1, difference.shape[3] - 1) - difference.narrow(3, 0, difference.shape[3] - 1)).abs().mean());
        return difference.abs().mean().Add(difference.Pow(2).mean().Mul(SquareWeight)).Add(edges.Mul(EdgeWeight))
            .Add(new DiagonalGaussian(posterior.Moments.to(float32)).Kl().mean().Mul(KlWeight));
    }

    /// <summary>PSNR of the averaged weights on pictures that the training never sees, in dB (written in the column of held-out values).</summary>
    private double HeldOutPsnr(IReadOnlyList<int> pool)
    {
        _trained.Show(average: true);
        var value = Reconstructions(pool, 128).Psnr;
        _trained.Show(average: false);
        return value;
    }

    private void Sheet(IReadOnlyList<int> pool)
    {
        _trained.Show(average: true);
        using var scope = NewDisposeScope();
        var (pictures, reconstructed, _) = Reconstructions(pool, 24);
        PictureSheet.Write(Path.Combine(_folder, "reconstructions.png"),
            [pictures.narrow(0, 0, 12), reconstructed.narrow(0, 0, 12), pictures.narrow(0, 12, 12), reconstructed.narrow(0, 12, 12)], zoom: 2);
        _trained.Show(average: false);
    }

    private (Tensor Pictures, Tensor Reconstructed, double Psnr) Reconstructions(IReadOnlyList<int> pool, int count)
    {
        using var frozen = no_grad();
        var stride = Math.Max(1, pool.Count / count);
        var pictures = _set.Batch([.. Enumerable.Range(0, count).Select(i => pool[i * stride % pool.Count])], ModelShapes.PictureSize).Images;
        using var scope = NewDisposeScope();
        var y = _model.Decode(_model.Encode(TensorLayout.ChannelsLast(pictures.to(_type))).Mean).to(float32).Clamp(-1, 1);
        var psnr = (y - pictures).Pow(2).mean([1L, 2, 3]).Rdiv(4).log10().Mul(10).mean().item<float>();
        return (pictures, y.MoveToOuterDisposeScope(), psnr);
    }

}
