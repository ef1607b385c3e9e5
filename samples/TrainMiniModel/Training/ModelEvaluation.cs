using System.Text.Json.Nodes;
using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Schedulers;
using TrainMiniModel.Data;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace TrainMiniModel.Training;

/// <summary>Measures an exported model as any user of the library would load it.</summary>
internal sealed class ModelEvaluation : IDisposable
{
    private const int Steps = 30;
    private const double Guidance = 3;
    private readonly DataSet _set;
    private readonly LatentDiffusionModel _model;
    private readonly string _hash;
    private readonly int _count;

    internal ModelEvaluation(DataSet set, string folder, int count)
    {
        (_set, _count) = (set, count);
        var model = LatentDiffusionLoader.Open(folder);
        _hash = ModelHash.Of(LatentDiffusionLoader.WeightsFiles(model));
        _model = LatentDiffusionLoader.Load(model, ScalarType.Float32, CPU);
    }

    internal JsonObject Measure() => new()
    {
        ["weights_sha256"] = _hash,
        ["parameters"] = _model.Autoencoder.parameters().Concat(_model.UNet.parameters()).Concat(_model.TextEncoder.parameters()).Sum(p => p.numel()),
        ["pictures_a_set"] = _count,
        ["reconstruction_psnr"] = Math.Round(Psnr(PictureSplit.HeldOutContent), 2),
        ["reconstruction_psnr_unseen_styles"] = Math.Round(Psnr(PictureSplit.UnseenStyle), 2),
        ["denoising_loss_training"] = Math.Round(Loss(PictureSplit.Train, _ => null), 4),
        ["denoising_loss_held_out_pairs"] = Math.Round(Loss(PictureSplit.HeldOutPair, _ => null), 4),
        ["denoising_loss_held_out_pairs_without_text"] = Math.Round(Loss(PictureSplit.HeldOutPair, _ => ""), 4),
        ["denoising_loss_held_out_pairs_wrong_text"] = Math.Round(Loss(PictureSplit.HeldOutPair, i => "a picture of red apple in the style of " + _set.Manifest.Styles[i % 6].Id), 4),
    };

    /// <summary>Reconstructions of unseen contents and styles, and samples: one content a column, one style a row.</summary>
    internal void WriteSheets(string folder)
    {
        using var scope = NewDisposeScope();
        Directory.CreateDirectory(folder);
        Tensor seen = Pictures(PictureSplit.HeldOutContent, 12), unseen = Pictures(PictureSplit.UnseenStyle, 12);
        PictureSheet.Write(Path.Combine(folder, "reconstructions.png"), [seen, Reconstruct(seen), unseen, Reconstruct(unseen)]);
        string[] contents = ["red apple", "cat face", "dog face", "grinning face", "house", "tree", "car", "fish", "star", "rose", "pizza", "rocket"];
        var rows = _set.Manifest.Styles.Where(s => s.Role == StyleRole.Training).Select(s => Sample([.. contents.Select(c => Captions.Full(c, s.Id))], seed: 7)).ToArray();
        PictureSheet.Write(Path.Combine(folder, "samples.png"), rows);
    }

    public void Dispose() => _model.Dispose();

    private Tensor Pictures(PictureSplit split, int count) => Batch(split, count).Images;

    private DataBatch Batch(PictureSplit split, int count)
    {
        var pool = _set.Pool(split);
        var stride = Math.Max(1, pool.Count / count);
        return _set.Batch([.. Enumerable.Range(0, Math.Min(count, pool.Count)).Select(i => pool[i * stride])], ModelShapes.PictureSize);
    }

    private Tensor Reconstruct(Tensor pictures)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        var zero = zeros(_model.LatentShape(pictures.shape[0], pictures.shape[2], pictures.shape[3]));
        return _model.Decode(_model.Encode(pictures, zero)).clamp(-1, 1).MoveToOuterDisposeScope();
    }

    private double Psnr(PictureSplit split)
    {
        using var scope = NewDisposeScope();
        var pictures = Pictures(split, _count);
        return (10 * (4 / (Reconstruct(pictures) - pictures).pow(2).mean([1L, 2, 3])).log10()).mean().item<float>();
    }

    /// <summary>Mean over evenly spread timesteps, the same noise for every text.</summary>
    private double Loss(PictureSplit split, Func<int, string?> text)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        using var generator = new Generator(11);
        var batch = Batch(split, _count);
        var shape = _model.LatentShape(batch.Images.shape[0], ModelShapes.PictureSize, ModelShapes.PictureSize);
        var latents = _model.Encode(batch.Images, randn(shape, generator: generator));
        var context = cat([.. batch.Captions.Select((c, i) => _model.EncodePrompt(text(i) ?? c))]);
        double sum = 0;
        const int draws = 8;
        for (var i = 0; i < draws; i++)
        {
            using var inner = NewDisposeScope();
            var noise = randn(shape, generator: generator);
            var timesteps = (arange(shape[0]) * 37 % 1000 * (1.0 / draws) + 1000.0 / draws * i).to(ScalarType.Int64);
            var predicted = _model.Predict(_model.Schedule.AddNoise(latents, noise, timesteps), timesteps, context);
            sum += functional.mse_loss(predicted, _model.Schedule.Target(latents, noise, timesteps)).item<float>();
        }

        return sum / draws;
    }

    private Tensor Sample(IReadOnlyList<string> captions, ulong seed)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        using var generator = new Generator(seed);
        var scheduler = SchedulerFactory.Create("DDIMScheduler", _model.Schedule.Config);
        scheduler.SetTimesteps(Steps);
        var n = captions.Count;
        var context = cat([.. Enumerable.Repeat(_model.EncodePrompt(""), n), .. captions.Select(_model.EncodePrompt)]);
        var latents = randn(_model.LatentShape(n, ModelShapes.PictureSize, ModelShapes.PictureSize), generator: generator);
        foreach (var timestep in scheduler.Timesteps)
        {
            using var inner = NewDisposeScope();
            var halves = _model.Predict(cat([latents, latents]), full(2 * n, (long)timestep, ScalarType.Int64), context).chunk(2);
            latents = scheduler.Step(halves[0] + Guidance * (halves[1] - halves[0]), timestep, latents).MoveToOuterDisposeScope();
        }

        return _model.Decode(latents).MoveToOuterDisposeScope();
    }
}
