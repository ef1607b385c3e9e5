using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Training;
using StyleProtect.Kernels;
using StyleProtect.Protection.Objectives;
using StyleProtect.Runtime.Encodings;
using static TorchSharp.torch;

namespace StyleProtect.Protection.Surrogates;

/// <summary>Trains weights of a loaded model between image steps. A training step sees one view, drawn for it.</summary>
/// <param name="model">The model that carries what is trained.</param>
/// <param name="trained">What is trained.</param>
/// <param name="loss">The denoising loss.</param>
/// <param name="settings">Learning rate and seed.</param>
/// <param name="partition">How views are encoded within the memory's limit.</param>
/// <param name="view">Draws a view of one of the images [1, 3, h, w] in [−1, 1]: of the originals (true) or of the images as they are now.</param>
/// <param name="report">Told the loss of every training step.</param>
internal sealed class SurrogateTraining(
    LatentDiffusionModel model, ITrained trained, DenoisingLoss loss, OuterLoopSettings settings, StepPartition partition, Func<bool, Tensor> view,
    Action<double>? report = null, CancellationToken cancellationToken = default) : ISurrogateTraining
{
    private readonly Generator _generator = new((ulong)settings.Seed + 1);

    public long ParameterCount => trained.Masters.Sum(m => m.numel());

    /// <summary>The loss of every training step so far, for tests and reports.</summary>
    internal List<double> Curve { get; } = [];

    public double Train(bool originals, int steps)
    {
        if (steps < 1) throw new ArgumentOutOfRangeException(nameof(steps), steps, "A training has at least one step.");
        SetTrainable(true);
        try
        {
            // As in the scripts, every turn has an optimizer of its own.
            using var optimizer = new WeightOptimizer(trained);
            var options = new AdamWOptions { LearningRate = settings.LearningRate, MaxGradientNorm = 1 };
            for (var i = 0; i < steps; i++) Step(originals, optimizer, options);
        }
        finally
        {
            // The image's backward pass then goes through the U-Net without leaving gradients in it.
            SetTrainable(false);
        }

        return Curve.TakeLast(steps).Average();
    }

    public ISurrogateState Save()
    {
        using var frozen = no_grad();
        return new State([.. trained.Masters.Select(m => m.clone().DetachFromDisposeScope())]);
    }

    public void Restore(ISurrogateState state)
    {
        if (state is not State kept || kept.Weights.Length != trained.Masters.Count)
            throw new ArgumentException("This state belongs to another training.", nameof(state));
        using var frozen = no_grad();
        for (var i = 0; i < kept.Weights.Length; i++) trained.Masters[i].copy_(kept.Weights[i]);
        trained.Publish();
    }

    /// <summary>Switches the gradients of what is trained.</summary>
    internal void SetTrainable(bool trainable)
    {
        foreach (var leaf in trained.Leaves) leaf.requires_grad_(trainable);
    }

    public void Dispose()
    {
        trained.Dispose();
        _generator.Dispose();
    }

    private void Step(bool originals, WeightOptimizer optimizer, AdamWOptions options)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var scope = NewDisposeScope();
        var seen = view(originals);
        var sample = NoiseSample.Draw(model.LatentShape(1, seen.shape[2], seen.shape[3]), model.Schedule.Config.NumTrainTimesteps, _generator, model.Device);
        var value = loss.Of(Latents(seen, sample), sample);
        value.backward();
        BackwardFaults.ThrowIfAny();
        Curve.Add(value.item<float>());
        if (!double.IsFinite(Curve[^1]) || !float.IsFinite(optimizer.Step(options)))
            throw new ProtectionException($"The surrogate diverged in its training step {Curve.Count}. Lower its learning rate ({settings.LearningRate:g}).");
        report?.Invoke(Curve[^1]);
    }

    private Tensor Latents(Tensor seen, NoiseSample sample)
    {
        using var frozen = no_grad();
        using var encoded = partition.Encode(model.Autoencoder, seen, cancellationToken);
        return model.Sample(encoded.Moments, sample.Posterior);
    }

    private sealed class State(Tensor[] weights) : ISurrogateState
    {
        internal Tensor[] Weights => weights;

        public void Dispose()
        {
            foreach (var tensor in weights) tensor.Dispose();
        }
    }
}
