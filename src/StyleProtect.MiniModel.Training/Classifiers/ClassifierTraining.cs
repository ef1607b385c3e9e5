using System.Text.Json;
using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Kernels;
using StyleProtect.Perception;
using StyleProtect.MiniModel.Training.Data;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.MiniModel.Training.Classifiers;

/// <summary>Trains one classifier on real pictures, roughened as generated ones are, so that it looks at what is drawn and not at how clean it is.</summary>
internal sealed class ClassifierTraining : IDisposable
{
    private const int ReportEvery = 50, SaveEvery = 250, Side = 64, Width = 128;
    private const double Temperature = 0.1;
    private readonly DataSet _set;
    private readonly ClassifierTask _task;
    private readonly string _folder;
    private readonly ConvolutionalEncoder _network;
    private readonly TrainedModule _trained;
    private readonly int[][] _byClass;
    private readonly double[] _shares;
    private readonly ReconstructedPictures? _reconstructed;
    private readonly bool _everyPixel;

    /// <param name="reconstructed">What half of the pictures are taken from, as a model generates them; null for real pictures alone.</param>
    /// <param name="everyPixel">Whether the first convolution looks at every pixel: a sharper classifier, at a third less speed.</param>
    /// <param name="from">Exported classifier to begin with; null for a fresh one.</param>
    internal ClassifierTraining(
        DataSet set, ClassifierTask task, string folder, ReconstructedPictures? reconstructed, bool everyPixel = false, string? from = null)
    {
        (_set, _task, _folder, _reconstructed, _everyPixel) = (set, task, Path.Combine(folder, task.Name), reconstructed, everyPixel);
        Directory.CreateDirectory(_folder);
        using (WeightFactory.Use(ScalarType.BFloat16, CPU))
            _network = new ConvolutionalEncoder(Config());
        using var generator = new Generator(21);
        WeightInitializer.Initialize(_network, generator);
        _trained = new TrainedModule(_network, from is null ? 0 : WarmStart.CopyClassifier(from, _network));
        if (File.Exists(Checkpoint)) _trained.Load(Checkpoint);
        _byClass = [.. task.Train.GroupBy(i => task.ClassOf(set.Manifest.Pictures[i])).Select(g => g.ToArray())];
        double sum = 0;
        _shares = [.. _byClass.Select(c => sum += Math.Sqrt(c.Length))];
    }

    private string Checkpoint => Path.Combine(_folder, "checkpoint.safetensors");

    internal void Run(TrainingSchedule schedule, int batch)
    {
        var log = new TrainingLog(_folder, _trained.Step, heldOutIsLoss: false);
        using var generator = new Generator(22);
        var view = new PictureView(_set.Size, Side);
        var small = new PictureView(Side, Side);
        Console.WriteLine(
            $"{_task.Name}: {_trained.Count:n0} weights, {_task.Train.Count} pictures of {_byClass.Length} classes, tested on {_task.Test.Count}, from " +
            $"step {_trained.Step}");
        while (_trained.Step < schedule.Steps)
        {
            var step = _trained.Step;
            using (var scope = NewDisposeScope())
            {
                generator.manual_seed(step);
                var (pictures, classes) = Draw(view, small, step, batch);
                var output = _network.forward(Roughen(_task.Colourless ? Fade(pictures, generator) : pictures, generator));
                var loss = _task.IsEncoder ? Contrast(output, classes) : functional.cross_entropy(output, classes, label_smoothing: 0.05);
                loss.backward();
                BackwardFaults.ThrowIfAny();
                log.Add(loss.item<float>());
                _trained.Update(schedule.At(step), 0.02, clip: 1, averageDecay: 0.995, batch);
                if (_trained.Step == step)
                    throw new InvalidOperationException($"The gradient of step {step} is not finite; lower the learning rate and resume.");
            }

            if (_trained.Step % ReportEvery == 0)
                log.Report(_trained.Step, schedule.Steps, batch, _trained.Step % SaveEvery == 0 ? 100 * TestAccuracy(null) : null);
            if (_trained.Step % SaveEvery != 0 && _trained.Step != schedule.Steps) continue;
            _trained.Save(Checkpoint);
            log.Save();
        }

        log.Save();
    }

    /// <summary>Writes the averaged weights where an exported model's classifiers belong.</summary>
    internal void Export(string folder)
    {
        using var scope = NewDisposeScope();
        ModelExport.Part(
            folder, _task.Name, ConvolutionalEncoderConfig.ClassNameValue, JsonSerializer.SerializeToNode(Config(), ModelExport.Options)!,
            _trained.AveragedWeights(), "model", _trained.Pictures);
    }

    /// <summary>Share of the test pictures that are classified right; for the encoder: whose nearest neighbour is of the same artist.</summary>
    /// <param name="change">What is done to the pictures first.</param>
    internal double TestAccuracy(Func<Tensor, Tensor>? change)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        _trained.Show(average: true);
        var stride = Math.Max(1, _task.Test.Count / 600);
        int[] chosen = [.. _task.Test.Where((_, i) => i % stride == 0)];
        var classes = tensor(chosen.Select(i => (long)_task.ClassOf(_set.Manifest.Pictures[i])).ToArray());
        var output = cat([.. chosen.Chunk(100).Select(part =>
        {
            using var inner = NewDisposeScope();
            using var pictures = _set.Batch(part, Side);
            return _network.forward(change is null ? pictures.Images : change(pictures.Images)).MoveToOuterDisposeScope();
        })]);
        _trained.Show(average: false);
        return _task.IsEncoder ? Retrieval(functional.normalize(output, p: 2, dim: 1), classes) : output.argmax(1).eq(classes).to(float32).mean().item<float>();
    }

    public void Dispose()
    {
        _trained.Dispose();
        _network.Dispose();
    }

    private ConvolutionalEncoderConfig Config() => new()
    {
        Name = _task.IsEncoder ? "StyleProtect style encoder" : $"StyleProtect {_task.Name} classifier",
        Description = _task.Description,
        OutputWidth = _task.IsEncoder ? Width : _task.Classes.Count,
        Classes = _task.IsEncoder ? [] : _task.Classes,
        SampleSize = Side,
        StatisticsOfEveryStage = _task.SeesFineMaps,
        StemStride = _everyPixel ? 1 : 2,
    };

    /// <summary>
    /// A classifier sees a class as often as the square root of its pictures: studios with thousands have more to tell, and none is forgotten. The encoder sees
    /// every artist as often as any other, eight pictures at a time, so that each has neighbours.
    /// </summary>
    private (Tensor Pictures, Tensor Classes) Draw(PictureView view, PictureView small, long step, int batch)
    {
        var random = new StableRandom(23, step);
        var options = new SampleOptions { Size = Side, MaxShift = 0.06, MinScale = 0.85, MaxScale = 1.2, FlipProbability = 0.3 };
        var images = empty([batch, 3, Side, Side]);
        var classes = new long[batch];
        var group = random.Next(_byClass.Length);
        for (var i = 0; i < batch; i++)
        {
            var drawn = random.NextDouble() * _shares[^1];
            if (!_task.IsEncoder) group = Array.FindIndex(_shares, share => drawn < share);
            else if (i % 8 == 0) group = random.Next(_byClass.Length);
            var picture = _byClass[group][random.Next(_byClass[group].Length)];
            // The classes lie in random order, or eight at a time: every other picture is a reconstruction.
            if (_reconstructed is { } generated && i % 2 == 1)
                small.Render(generated[picture], ViewTransform.Draw(options, Side, ref random), DataSet.Planes(images, i));
            else view.Render(_set.Pixels(picture), ViewTransform.Draw(options, _set.Size, ref random), DataSet.Planes(images, i));
            classes[i] = _task.ClassOf(_set.Manifest.Pictures[picture]);
        }

        return (images, tensor(classes));
    }

    /// <summary>Blurs some pictures, adds noise to some, and shifts their colours a little: what autoencoders and undertrained generators do.</summary>
    private static Tensor Roughen(Tensor pictures, Generator generator)
    {
        var n = pictures.shape[0];
        var blurred = functional.avg_pool2d(functional.pad(pictures, [1, 1, 1, 1], TorchSharp.PaddingModes.Replicate), 3, 1);
        var x = pictures.lerp(blurred, rand([n, 1, 1, 1], generator: generator));
        x = x.Add((randn(x.shape, generator: generator) * rand([n, 1, 1, 1], generator: generator).Square()).Mul(0.15));
        return (x * rand([n, 3, 1, 1], generator: generator).Mul(0.2).Add(0.9)).Add(rand([n, 3, 1, 1], generator: generator).Sub(0.5).Mul(0.1)).Clamp(-1, 1);
    }

    /// <summary>Takes the colour from half of the pictures, and sharpens the contrast of those: line art shows the same things.</summary>
    private static Tensor Fade(Tensor pictures, Generator generator)
    {
        var n = pictures.shape[0];
        var grey = pictures.mean([1L], keepdim: true) * rand([n, 1, 1, 1], generator: generator).Mul(2).Add(1);
        return where(rand([n, 1, 1, 1], generator: generator).Sub(0.5).sign().Add(1).to(ScalarType.Bool), pictures, grey.Clamp(-1, 1));
    }

    /// <summary>Supervised contrastive loss (Khosla et al. 2020).</summary>
    private static Tensor Contrast(Tensor output, Tensor classes)
    {
        var z = functional.normalize(output, p: 2, dim: 1);
        var self = eye(z.shape[0], dtype: ScalarType.Bool);
        var likeness = matmul(z, z.t()).Div(Temperature).MaskedFill(self, -1e4);
        var same = classes.unsqueeze(0).eq(classes.unsqueeze(1)).logical_and(self.logical_not()).to(float32);
        var logProbability = likeness - likeness.logsumexp(1, keepdim: true);
        return -((logProbability * same).sum(1) / same.sum(1).Clamp(min: 1)).mean();
    }

    private static double Retrieval(Tensor z, Tensor classes)
    {
        var likeness = matmul(z, z.t()).MaskedFill(eye(z.shape[0], dtype: ScalarType.Bool), -2);
        return classes.index_select(0, likeness.argmax(1)).eq(classes).to(float32).mean().item<float>();
    }
}
