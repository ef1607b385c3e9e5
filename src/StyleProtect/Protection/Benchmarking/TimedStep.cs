using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Kernels;
using StyleProtect.Layers;
using StyleProtect.Protection.Engine;
using StyleProtect.Protection.Objectives;
using StyleProtect.Protection.Surrogates;
using StyleProtect.Runtime.Encodings;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace StyleProtect.Protection.Benchmarking;

/// <summary>One protection step on random views, repeatable: loss, gradients, projected step, K and V.</summary>
internal sealed class TimedStep : IDisposable
{
    private static readonly PgdStepOptions s_pgd = new() { StepSize = 0.005f, Epsilon = 0.1f };
    private readonly LatentDiffusionModel _model;
    private readonly IFusedKernels _kernels;
    private readonly KeyValueSurrogate _surrogate;
    private readonly Tensor _original, _picture;
    private readonly TextEmbedding _context;
    private readonly Parameter[] _weights;
    private readonly StepForm _form;
    private readonly StepPartition? _partition;
    private readonly Generator _generator = new(1);
    private readonly DenoisingLoss _objective;
    private GradientStep _step;

    internal TimedStep(LatentDiffusionModel model, int views, int size, IReadOnlyList<AttentionLayer> layers, IFusedKernels kernels, StepForm form,
        StepPartition? partition = null)
    {
        (_form, _partition) = (form, partition);
        _weights = form == StepForm.Plain ? [.. model.UNet.parameters(), .. model.Autoencoder.Network.Network.parameters()] : [];
        foreach (var weight in _weights) weight.requires_grad_(true);
        (_model, _kernels) = (model, kernels);
        _original = rand([views, 3, size, size], generator: _generator).Mul(2).Sub(1).to(model.Device).DetachFromDisposeScope();
        _picture = _original.clone();
        _context = model.EncodePrompt(ModelSource.FallbackPrompt);
        _objective = new DenoisingLoss(model, _context);
        _surrogate = new KeyValueSurrogate(model.UNet, layers, 1e-5, kernels);
        _step = new GradientStep(model.Autoencoder, _objective, partition);
    }

    /// <summary>Seconds by phase, summed over the runs.</summary>
    internal IReadOnlyDictionary<string, double> Seconds => _step.Seconds;

    internal void ForgetTimes() => _step = new GradientStep(_model.Autoencoder, _objective, _partition);

    /// <summary>The step as the engine takes it, or in the plain form.</summary>
    internal void Run()
    {
        if (_form == StepForm.Fast) RunFast();
        else RunPlain();
    }

    /// <summary>
    /// The views' gradient, with noise and timesteps that are the same at every call and in every form; on the CPU, where it belongs to the caller.
    /// </summary>
    internal Tensor Gradient()
    {
        using var generator = new Generator(2);
        using var scope = NewDisposeScope();
        var draws = NoiseSample.Draw(_model.LatentShape(_picture.shape[0], _picture.shape[2], _picture.shape[3]), _model.Schedule.Config.NumTrainTimesteps,
            generator, _model.Device);
        var gradient = _step.Run(_original, draws).Gradient;
        _surrogate.TakeGradientNorms(); // which clears them
        return gradient.cpu().DetachFromDisposeScope();
    }

    private void RunFast()
    {
        using var scope = NewDisposeScope();
        var (_, gradient) = _step.Run(_picture, Draws());
        _kernels.PgdStep(_picture, _original, gradient, s_pgd);
        _surrogate.OptimizerStep();
    }

    /// <summary>The step as the official script takes it: one backward pass through U-Net and autoencoder, gradients for every weight.</summary>
    private void RunPlain()
    {
        using var scope = NewDisposeScope();
        var draws = Draws();
        var leaf = _picture.detach().requires_grad_(true);
        _objective.Of(_model.Encode(leaf, draws.Posterior), draws).backward();
        BackwardFaults.ThrowIfAny();
        _kernels.PgdStep(_picture, _original, leaf.grad!, s_pgd);
        _surrogate.OptimizerStep();
        foreach (var weight in _weights) weight.grad = null;
    }

    public void Dispose()
    {
        _surrogate.Dispose();
        _generator.Dispose();
        foreach (var t in (Tensor?[])[_original, _picture, _context.Tokens, _context.Pooled]) t?.Dispose();
    }

    private NoiseSample Draws() =>
        NoiseSample.Draw(_model.LatentShape(_picture.shape[0], _picture.shape[2], _picture.shape[3]), _model.Schedule.Config.NumTrainTimesteps, _generator,
            _model.Device);
}
