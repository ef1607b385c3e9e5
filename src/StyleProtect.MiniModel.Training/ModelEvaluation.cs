using System.Text.Json.Nodes;
using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Sampling;
using StyleProtect.Kernels;
using StyleProtect.MiniModel.Training.Data;
using StyleProtect.MiniModel.Training.Data.Building;
using StyleProtect.MiniModel.Training.Classifiers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.MiniModel.Training;

/// <summary>Measures an exported model as any user of the library would load it.</summary>
internal sealed class ModelEvaluation : IDisposable
{
    private readonly DataSet _set;
    private readonly LatentDiffusionModel _model;
    private readonly string _folder;
    private readonly string _hash;
    private readonly int _count;
    private readonly string[] _trained;

    internal ModelEvaluation(DataSet set, string folder, int count)
    {
        (_set, _folder, _count) = (set, folder, count);
        _trained = [.. set.Manifest.Styles.Where(s => s.Role == StyleRole.Training).Select(s => s.Id)];
        var model = LatentDiffusionLoader.Open(folder);
        _hash = ModelHash.Of(LatentDiffusionLoader.WeightsFiles(model));
        _model = LatentDiffusionLoader.Load(model, ScalarType.Float32, CPU);
    }

    /// <param name="classifiers">Folder of the classifiers; null leaves out what they measure.</param>
    /// <param name="sheets">Folder for pictures of the fine-tuning; null for none.</param>
    /// <param name="seeds">Seeds of the fine-tuning; 0 leaves it out.</param>
    /// <param name="guidance">Weight of classifier-free guidance in samples.</param>
    internal JsonObject Measure(string? classifiers, string? sheets, int seeds, double guidance)
    {
        var result = Reconstructed();
        result["loss_rise"] = LossRise.Measure(_set, _model, _folder, epsilon: 12.75);
        if (classifiers is null) return result;
        using var classified = new ClassifiedSamples(_set, _model, classifiers);
        result["samples"] = classified.Measure(2 * _count, guidance);
        if (seeds > 0) result["dreambooth"] = new DreamBoothResult(_set, classified, _folder).Measure(seeds, sheets);
        return result;
    }

    private JsonObject Reconstructed() => new()
    {
        ["weights_sha256"] = _hash,
        ["parameters"] = _model.Networks.Sum(n => n.parameters().Sum(p => p.numel())),
        ["training_pictures"] = new JsonObject { ["autoencoder"] = TrainingPictures("vae"), ["unet"] = TrainingPictures("unet") },
        ["pictures_a_set"] = _count,
        ["reconstruction_psnr"] = Math.Round(Psnr(PictureSplit.HeldOutContent), 2),
        ["reconstruction_psnr_unseen_styles"] = Math.Round(Psnr(PictureSplit.UnseenStyle), 2),
        ["denoising_loss_training"] = Math.Round(Loss(PictureSplit.Train, _ => null), 4),
        ["denoising_loss_held_out_pairs"] = Math.Round(Loss(PictureSplit.HeldOutPair, _ => null), 4),
        ["denoising_loss_held_out_pairs_without_text"] = Math.Round(Loss(PictureSplit.HeldOutPair, _ => ""), 4),
        ["denoising_loss_held_out_pairs_wrong_text"] = Math.Round(
            Loss(PictureSplit.HeldOutPair, i => Captions.Full("red apple", _trained[i % _trained.Length])), 4),
    };

    private long? TrainingPictures(string part)
    {
        using var file = SafetensorsFile.Open(ModelExport.WeightsOf(_folder, part));
        return TrainedModule.PicturesOf(file.Metadata);
    }

    /// <summary>
    /// Reconstructions of unseen contents and styles, and samples: one content a column, one style a row, pairs that training never saw in a red frame; at last
    /// people.
    /// </summary>
    internal void WriteSheets(string folder, double guidance)
    {
        using var scope = NewDisposeScope();
        Directory.CreateDirectory(folder);
        Tensor seen = Pictures(PictureSplit.HeldOutContent, 12), unseen = Pictures(PictureSplit.UnseenStyle, 12);
        PictureSheet.Write(Path.Combine(folder, "reconstructions.png"), [seen, Reconstruct(seen), unseen, Reconstruct(unseen)]);
        var held = _set.Pool(PictureSplit.HeldOutPair).Select(i => _set.Manifest.Pictures[i])
            .Select(p => (Style: _set.Manifest.Styles[p.Style].Id, Content: p.Words)).ToHashSet();
        string[] contents = ["red apple", "cat face", "house", "star",
            .. held.GroupBy(p => p.Content, StringComparer.Ordinal).OrderByDescending(g => g.Count()).ThenBy(g => g.Key, StringComparer.Ordinal).Take(8)
            .Select(g => g.Key)];
        // Styles of portraits alone share the last row.
        string[] ofMany = [.. _trained.Where(style => held.Any(h => h.Style == style))], ofPeople = [.. _trained.Except(ofMany, StringComparer.Ordinal)];
        var rows = ofMany.Select(style =>
        {
            var row = Sample([.. contents.Select(c => Captions.Full(c, style))]);
            for (var c = 0; c < contents.Length; c++)
                if (held.Contains((style, contents[c]))) PictureSheet.Frame(row[c]);
            return row;
        }).ToList();
        if (ofPeople.Length > 0)
            rows.Add(Sample([.. contents.Select((_, i) => Captions.Full(CharacterDrawings.Content, ofPeople[i * ofPeople.Length / contents.Length]))]));
        PictureSheet.Write(Path.Combine(folder, "samples.png"), [.. rows]);

        Tensor Sample(string[] captions) => new TextToImageSampler(_model).Sample(captions, ClassifiedSamples.Options(guidance));
    }

    public void Dispose() => _model.Dispose();

    private Tensor Pictures(PictureSplit split, int count) => Batch(split, count).Images;

    private DataBatch Batch(PictureSplit split, int count)
    {
        var pool = _set.Pool(split);
        var stride = Math.Max(1, pool.Count / count);
        return _set.Batch([.. Enumerable.Range(0, Math.Min(count, pool.Count)).Select(i => pool[i * stride])], ModelShapes.PictureSize);
    }

    private Tensor Reconstruct(Tensor pictures) => ReconstructedPictures.RoundTrip(_model, pictures);

    private double Psnr(PictureSplit split)
    {
        using var scope = NewDisposeScope();
        var pictures = Pictures(split, _count);
        return (Reconstruct(pictures) - pictures).Pow(2).mean([1L, 2, 3]).Rdiv(4).log10().Mul(10).mean().item<float>();
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
        var context = TextEmbedding.Cat([.. batch.Captions.Select((c, i) => _model.EncodePrompt(text(i) ?? c))]);
        double sum = 0;
        const int noiseSamples = 8;
        for (var i = 0; i < noiseSamples; i++)
        {
            using var inner = NewDisposeScope();
            var noise = randn(shape, generator: generator);
            var timesteps = TensorMath.Arange(shape[0]).Mul(37).Remainder(1000).Mul(1.0 / noiseSamples).Add(1000.0 / noiseSamples * i).to(ScalarType.Int64);
            var predicted = _model.Predict(_model.Schedule.AddNoise(latents, noise, timesteps), timesteps, context);
            sum += functional.mse_loss(predicted, _model.Schedule.Target(latents, noise, timesteps)).item<float>();
        }

        return sum / noiseSamples;
    }
}
