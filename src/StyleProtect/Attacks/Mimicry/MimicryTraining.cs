using System.Diagnostics;
using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Training;
using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Attacks.Mimicry;

/// <summary>The training loop of every attack: DreamBooth's loss on pictures, AdamW on what is trained.</summary>
/// <param name="model">The model that carries what is trained.</param>
/// <param name="request">Pictures and options.</param>
/// <param name="prior">Class pictures [N, 3, S, S], or null.</param>
/// <param name="checkpoint">Keeps the state, or null.</param>
/// <param name="microBatch">
/// Pictures that are computed at once, class pictures included. Where a step has more, the gradients of its parts are added up, which is the same step up to
/// rounding.
/// </param>
internal sealed class MimicryTraining(LatentDiffusionModel model, AttackRequest request, Tensor? prior, TrainingCheckpoint? checkpoint, int microBatch)
{
    private readonly AttackOptions _options = request.Options;
    private readonly int _rows = request.Options.Batch * (prior is null ? 1 : 2);

    /// <returns>The loss of every step.</returns>
    internal IReadOnlyList<double> Run(ITrained trained, Stopwatch clock, IProgress<AttackProgress>? progress, CancellationToken cancellationToken)
    {
        using var optimizer = new WeightOptimizer(trained);
        var shape = model.LatentShape(_rows, model.PictureSize, model.PictureSize);
        using var draws = new TrainingDraws(_options, request.Artworks.Count, (int)(prior?.shape[0] ?? 0), shape, model.Schedule.Config.NumTrainTimesteps);
        var curve = new List<double>(checkpoint?.Restore(optimizer) ?? []);
        var done = curve.Count;
        draws.Skip(done);
        var began = clock.Elapsed;
        var frozenText = TrainsText ? null : Texts(EveryCaption);
        for (var step = done + 1; step <= _options.Steps; step++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var value = Gradients(draws.Next(), frozenText, cancellationToken);
            if (!float.IsFinite(value)) throw Diverged(step, "loss", value);
            if (optimizer.Step(LearningRateFactor.Settings(_options, optimizer.Steps)) is var norm && !float.IsFinite(norm))
                throw Diverged(step, "gradient's norm", norm);
            curve.Add(value);
            checkpoint?.Save(optimizer, curve, _options.Steps);
            var remaining = (clock.Elapsed - began) / (step - done) * (_options.Steps - step);
            progress?.Report(new AttackProgress(step, _options.Steps, value, clock.Elapsed, remaining));
        }

        return curve;
    }

    private bool TrainsText => _options.TrainTextEncoder || _options.Kind is AttackKind.TextualInversion;

    /// <summary>Every caption, and the class prompt where there are class pictures.</summary>
    private IEnumerable<string> EveryCaption => prior is null ? request.EveryCaption : request.EveryCaption.Append(_options.ClassPrompt);

    private AttackException Diverged(int step, string what, float value) =>
        new($"The attack diverged at step {step}: the {what} is {value}. Lower its learning rate ({_options.LearningRate}).") { DivergedAtStep = step };

    /// <summary>Adds the gradients of a step up in what is trained.</summary>
    /// <returns>The step's loss.</returns>
    private float Gradients(TrainingDraws.Step drawn, Dictionary<string, TextEmbedding>? frozenText, CancellationToken cancellationToken)
    {
        if (microBatch >= _rows) return Backward(Loss(drawn, frozenText, prior is null ? 0 : _options.PriorWeight));
        var sum = 0f;
        foreach (var part in drawn.Parts(microBatch))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            // A step's loss is the mean over its instance pictures, plus the weighted mean over its class pictures, for which min-SNR does not count.
            var ofClass = part.ClassPictures.Count > 0;
            var share = (double)part.Timesteps.shape[0] / _options.Batch;
            sum += Backward(Loss(part, frozenText, 0, weighted: !ofClass).Mul(ofClass ? share * _options.PriorWeight : share));
        }

        return sum;
    }

    private static float Backward(Tensor loss)
    {
        loss.backward();
        BackwardFaults.ThrowIfAny();
        return loss.item<float>();
    }

    private Tensor Loss(TrainingDraws.Step drawn, Dictionary<string, TextEmbedding>? frozenText, double priorWeight, bool weighted = true)
    {
        string[] captions = [.. drawn.Pictures.Select(p => request.Caption(p.Index)), .. drawn.ClassPictures.Select(_ => _options.ClassPrompt)];
        // Texts that are trained are encoded anew for each backward pass, which frees their graph; only those that are asked for, in the order of all.
        var texts = frozenText ?? Texts(EveryCaption.Where(captions.Contains));
        var pictures = stack([.. drawn.Pictures.Select(Picture), .. drawn.ClassPictures.Select(i => prior![i])]);
        Tensor latents, noise = drawn.Noise.to(model.Device), timesteps = drawn.Timesteps.to(model.Device);
        using (no_grad()) latents = model.Encode(pictures, drawn.PosteriorNoise.to(model.Device));
        var context = TextEmbedding.Cat([.. captions.Select(c => texts[c])]);
        var predicted = model.Predict(model.Schedule.AddNoise(latents, noise, timesteps), timesteps, context);
        return DreamBoothLoss.Of(
            model.Schedule, predicted, model.Schedule.Target(latents, noise, timesteps), timesteps, weighted ? _options.MinSnrGamma : null, priorWeight);
    }

    private Tensor Picture(TrainingDraws.Picture drawn)
    {
        var picture = MimicryPictures.Square(request.Artworks[drawn.Index], model, drawn.Position);
        return drawn.Flip ? picture.flip(2) : picture;
    }

    private Dictionary<string, TextEmbedding> Texts(IEnumerable<string> captions) =>
        captions.Distinct(StringComparer.Ordinal).ToDictionary(c => c, Text, StringComparer.Ordinal);

    private TextEmbedding Text(string prompt) => TrainsText
        ? model.TextEncoder.Forward(tensor(model.Tokenizer.Encode(prompt).Ids, device: model.Device).unsqueeze(0)).LastHiddenState
        : model.EncodePrompt(prompt);
}
