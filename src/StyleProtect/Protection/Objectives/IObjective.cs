using static TorchSharp.torch;

namespace StyleProtect.Protection.Objectives;

/// <summary>What a protection raises: a differentiable number of the latents. Its gradient is taken once and serves picture and surrogate.</summary>
internal interface IObjective
{
    /// <summary>Whether a batch's value is the mean of its views' values, so that it can be computed a few views at a time.</summary>
    bool IsMeanOverViews { get; }

    /// <summary>Evaluates the objective.</summary>
    /// <param name="latents">Scaled latents [N, C, h, w], fp32.</param>
    /// <param name="draws">The step's draws.</param>
    /// <returns>A scalar.</returns>
    Tensor Evaluate(Tensor latents, StepDraws draws);
}
