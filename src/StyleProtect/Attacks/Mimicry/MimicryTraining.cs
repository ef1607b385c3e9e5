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
internal sealed class MimicryTraining(LatentDiffusionModel model, AttackRequest request, Tensor? prior, TrainingCheckpoint? checkpoint)
{
    private readonly AttackOptions _options = request.Options;

    /// <returns>The loss of every step.</returns>
    internal IReadOnlyList<double> Run(ITrained trained, Stopwatch clock, IProgress<AttackProgress>? progress, CancellationToken cancellationToken)
    {
        using var optimizer = new WeightOptimizer(trained);
        var shape = model.LatentShape(_options.Batch * (prior is null ? 1 : 2), model.PictureSize, model.PictureSize);
        using var draws = new TrainingDraws(_options, request.Artworks.Count, (int)(prior?.shape[0] ?? 0), shape, model.Schedule.Config.NumTrainTimesteps);
        var curve = new List<double>(checkpoint?.Restore(optimizer) ?? []);
        var done = curve.Count;
        draws.Skip(done);
        var began = clock.Elapsed;
        var frozenText = TrainsText ? null : Texts();
        for (var step = done + 1; step <= _options.Steps; step++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var loss = Loss(draws.Next(), frozenText ?? Texts());
            loss.backward();
            BackwardFaults.ThrowIfAny();
            var value = loss.item<float>();
            if (!float.IsFinite(value)) throw Diverged(step, "loss", value);
            if (optimizer.Step(LearningRateFactor.Settings(_options, optimizer.Steps)) is var norm && !float.IsFinite(norm)) throw Diverged(step, "gradient's norm", norm);
            curve.Add(value);
            checkpoint?.Save(optimizer, curve, _options.Steps);
            progress?.Report(new AttackProgress(step, _options.Steps, value, clock.Elapsed, (clock.Elapsed - began) / (step - done) * (_options.Steps - step)));
        }

        return curve;
    }

    private bool TrainsText => _options.TrainTextEncoder || _options.Kind is AttackKind.TextualInversion;

    private AttackException Diverged(int step, string what, float value) =>
        new($"The attack diverged at step {step}: the {what} is {value}. Lower its learning rate ({_options.LearningRate}).") { DivergedAtStep = step };

    private Tensor Loss(TrainingDraws.Step drawn, Dictionary<string, TextEmbedding> texts)
    {
        var pictures = stack([.. drawn.Pictures.Select(Picture), .. drawn.ClassPictures.Select(i => prior![i])]);
        Tensor latents, noise = drawn.Noise.to(model.Device), timesteps = drawn.Timesteps.to(model.Device);
        using (no_grad()) latents = model.Encode(pictures, drawn.PosteriorNoise.to(model.Device));
        var context = TextEmbedding.Cat([.. drawn.Pictures.Select(p => texts[request.Caption(p.Index)]), .. drawn.ClassPictures.Select(_ => texts[_options.ClassPrompt])]);
        var predicted = model.Predict(model.Schedule.AddNoise(latents, noise, timesteps), timesteps, context);
        return DreamBoothLoss.Of(model.Schedule, predicted, model.Schedule.Target(latents, noise, timesteps), timesteps, _options.MinSnrGamma, prior is null ? 0 : _options.PriorWeight);
    }

    private Tensor Picture(TrainingDraws.Picture drawn)
    {
        var picture = MimicryPictures.Square(request.Artworks[drawn.Index], model, drawn.Place);
        return drawn.Flip ? picture.flip(2) : picture;
    }

    /// <summary>Every caption, and the class prompt where there are class pictures.</summary>
    private Dictionary<string, TextEmbedding> Texts() =>
        (prior is null ? request.EveryCaption : request.EveryCaption.Append(_options.ClassPrompt)).Distinct(StringComparer.Ordinal).ToDictionary(c => c, Text, StringComparer.Ordinal);

    private TextEmbedding Text(string prompt) => TrainsText
        ? model.TextEncoder.Forward(tensor(model.Tokenizer.Encode(prompt).Ids, device: model.Device).unsqueeze(0)).LastHiddenState
        : model.EncodePrompt(prompt);
}
