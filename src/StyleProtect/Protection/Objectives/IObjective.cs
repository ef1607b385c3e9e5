using static TorchSharp.torch;

namespace StyleProtect.Protection.Objectives;

/// <summary>
/// What a protection raises: a differentiable number of what the model makes of the views. Its gradient is taken once and serves image and surrogate.
/// </summary>
/// <remarks>
/// One object serves one job, on the engine thread. Tensors that it makes are freed with the step; those that it keeps must leave the dispose scope
/// (<c>DetachFromDisposeScope</c>), and an objective that keeps some implements <see cref="IDisposable"/>.
/// </remarks>
public interface IObjective
{
    /// <summary>Whether a batch's value is the mean of its views' values, so that it can be computed in micro-batches when memory is short.</summary>
    bool IsMeanOverViews => true;

    /// <summary>Evaluates the objective.</summary>
    /// <param name="input">Views, latents and posterior of this step, for one sample of noise and timestep.</param>
    /// <returns>A scalar, fp32, that depends differentiably on <see cref="ObjectiveInput.Latents"/>, on the posterior, or on
    /// <see cref="ObjectiveInput.Views"/>.</returns>
    Tensor Evaluate(ObjectiveInput input);
}

/// <summary>
/// An objective that takes its own gradient: through sampling steps, unrolled training, finite differences, or another model. The engine then neither encodes
/// the views nor runs a backward pass of its own.
/// </summary>
public interface IGradientObjective : IObjective
{
    /// <summary>The objective and its gradient with respect to the views.</summary>
    /// <param name="input">Only <see cref="ObjectiveInput.Views"/>, <see cref="ObjectiveInput.OriginalViews"/>, noise and timesteps are there; latents are the
    /// objective's own business.</param>
    /// <returns>The value, and the gradient, fp32, in the shape of the views.</returns>
    ObjectiveGradient Gradient(ObjectiveInput input);

    /// <summary>Not called.</summary>
    Tensor IObjective.Evaluate(ObjectiveInput input) => throw new NotSupportedException("This objective takes its own gradient.");
}

/// <summary>What an objective that takes its own gradient returns.</summary>
/// <param name="Value">The objective.</param>
/// <param name="Views">Its gradient with respect to the views, fp32, in their shape.</param>
public sealed record ObjectiveGradient(double Value, Tensor Views);
