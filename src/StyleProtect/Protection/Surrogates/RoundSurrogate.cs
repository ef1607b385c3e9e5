using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Training;
using StyleProtect.Kernels;
using StyleProtect.Protection.Encodings;
using StyleProtect.Protection.Objectives;
using static TorchSharp.torch;

namespace StyleProtect.Protection.Surrogates;

/// <summary>
/// A stand-in for the mimic that is trained by itself, in rounds between the picture's steps: all weights of the U-Net (Anti-DreamBooth's FSMG and ASPL), or adapters (Mist v2). A training step sees one view, drawn for it.
/// </summary>
/// <param name="model">The model that carries what is trained.</param>
/// <param name="trained">What is trained.</param>
/// <param name="loss">The denoising loss.</param>
/// <param name="plan">How it takes turns.</param>
/// <param name="settings">Picture steps, training steps, learning rate, seed.</param>
/// <param name="encoding">How views are encoded within the memory's limit.</param>
/// <param name="report">Told the loss of every training step.</param>
internal sealed class RoundSurrogate(LatentDiffusionModel model, ITrained trained, DenoisingLoss loss, SurrogatePlan plan, RoundSettings settings, StepPlan encoding, Action<double>? report = null) : ISurrogate
{
    private readonly Generator _generator = new((ulong)settings.Seed + 1);
    private Tensor[]? _before;

    public long ParameterCount => trained.Masters.Sum(m => m.numel());

    /// <summary>The loss of every training step so far, for tests and reports.</summary>
    internal List<double> Curve { get; } = [];

    public void Prepare(int step, Func<bool, Tensor> view, CancellationToken cancellationToken)
    {
        if (step % settings.StepsOfRound != 0) return;
        if (step > 0 && plan.TrainsOnChanged)
        {
            TakeBack();
            Train(() => view(false), cancellationToken);
        }

        if (plan.TrainsOnOriginals)
        {
            if (plan.TrainsOnChanged) Remember();
            Train(() => view(true), cancellationToken);
        }

        Freeze();
    }

    /// <summary>The picture's backward pass trains nothing.</summary>
    public void Descend() { }

    public void Dispose()
    {
        foreach (var tensor in _before ?? []) tensor.Dispose();
        trained.Dispose();
        _generator.Dispose();
    }

    private void Train(Func<Tensor> draw, CancellationToken cancellationToken)
    {
        foreach (var leaf in trained.Leaves) leaf.requires_grad_(true);
        // As in the scripts, every turn has an optimiser of its own.
        using var optimizer = new WeightOptimizer(trained);
        var options = new AdamWOptions { LearningRate = settings.LearningRate, MaxGradientNorm = 1 };
        for (var i = 0; i < settings.TrainingSteps; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var view = draw();
            var draws = StepDraws.Sample(model.LatentShape(1, view.shape[2], view.shape[3]), model.Schedule.Config.NumTrainTimesteps, _generator, model.Device);
            var value = loss.Evaluate(Latents(view, draws, cancellationToken), draws);
            value.backward();
            BackwardFaults.ThrowIfAny();
            Curve.Add(value.item<float>());
            if (!double.IsFinite(Curve[^1]) || !float.IsFinite(optimizer.Step(options)))
                throw new ProtectionException($"The surrogate diverged in its training step {Curve.Count}. Lower its learning rate ({settings.LearningRate:g}).");
            report?.Invoke(Curve[^1]);
        }
    }

    private Tensor Latents(Tensor view, StepDraws draws, CancellationToken cancellationToken)
    {
        using var frozen = no_grad();
        using var encoded = encoding.Encode(model, view, cancellationToken);
        return model.Sample(encoded.Moments, draws.Posterior);
    }

    /// <summary>The picture's backward pass passes through the U-Net without leaving gradients in it.</summary>
    private void Freeze()
    {
        foreach (var leaf in trained.Leaves) leaf.requires_grad_(false);
    }

    private void Remember()
    {
        using var frozen = no_grad();
        _before ??= [.. trained.Masters.Select(m => empty_like(m).DetachFromDisposeScope())];
        for (var i = 0; i < _before.Length; i++) _before[i].copy_(trained.Masters[i]);
    }

    private void TakeBack()
    {
        if (_before is null) return;
        using var frozen = no_grad();
        for (var i = 0; i < _before.Length; i++) trained.Masters[i].copy_(_before[i]);
        trained.Publish();
    }
}
