using StyleProtect.Diffusion.Models;
using static TorchSharp.torch;

namespace StyleProtect.Protection.Objectives;

/// <summary>What an objective sees in one step, for one sample of noise and timestep.</summary>
public sealed class ObjectiveInput
{
    private readonly ViewBatch _batch;
    private readonly DiagonalGaussian? _gaussian;
    private readonly Tensor? _latents;
    private Posterior? _posterior, _original;

    /// <param name="batch">The views.</param>
    /// <param name="sample">Noise and timesteps.</param>
    /// <param name="gaussian">Distribution of the views' latents, with a graph; null for an objective that takes its own gradient.</param>
    /// <param name="latents">Sampled from them and scaled.</param>
    internal ObjectiveInput(ViewBatch batch, NoiseSample sample, DiagonalGaussian? gaussian, Tensor? latents)
    {
        (_batch, _gaussian, _latents) = (batch, gaussian, latents);
        Sample = sample;
    }

    /// <summary>The step, from 0.</summary>
    public int Step => _batch.Step;

    /// <summary>
    /// The perturbed views [N, 3, H, W] in [−1, 1], fp32, after the method's transformation. A leaf of the graph: what an objective computes from them directly
    /// (a perceptual penalty, a decoded picture's distance, encoder stages) adds its gradient to the one that comes through the latents.
    /// </summary>
    public Tensor Views => _batch.Leaf;

    /// <summary>What the views show without the perturbation, under the same transformation: [N, 3, H, W], without a graph.</summary>
    public Tensor OriginalViews => _batch.OriginalViews;

    /// <summary>Latents sampled from the posterior and scaled as the U-Net reads them: [N, C, h, w], fp32, differentiable.</summary>
    public Tensor Latents => _latents ?? throw new InvalidOperationException("An objective that takes its own gradient encodes the views itself.");

    /// <summary>The posterior of the perturbed views, differentiable.</summary>
    public Posterior Posterior =>
        _posterior ??= new Posterior(_gaussian ?? throw new InvalidOperationException("An objective that takes its own gradient encodes the views itself."));

    /// <summary>The posterior of the original views, without a graph; encoded when it is first asked for in a step.</summary>
    public Posterior OriginalPosterior => _original ??= new Posterior(_batch.OriginalPosterior);

    /// <summary>Diffusion noise [N, C, h, w], fp32.</summary>
    public Tensor Noise => Sample.Noise;

    /// <summary>Timesteps, int64 [N].</summary>
    public Tensor Timesteps => Sample.Timesteps;

    internal NoiseSample Sample { get; }
}

/// <summary>A normal distribution of latents with independent components, before scaling.</summary>
public sealed class Posterior
{
    private readonly DiagonalGaussian _gaussian;

    internal Posterior(DiagonalGaussian gaussian) => _gaussian = gaussian;

    /// <summary>Means [N, C, h, w], fp32.</summary>
    public Tensor Mean => _gaussian.Mean;

    /// <summary>Natural logarithms of the variances [N, C, h, w], fp32, clamped to [−30, 20] as in diffusers; −30 of a deterministic encoder.</summary>
    public Tensor LogVariance => _gaussian.LogVariance;

    internal Tensor Moments => _gaussian.Moments;
}
