using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Schedulers;

/// <summary>
/// Walks a sample from noise to picture with a diffusion model's predictions, step by step. diffusers' semantics.
/// An instance holds the state of one walk: <see cref="SetTimesteps"/> starts a new one. Not thread-safe.
/// </summary>
internal interface IScheduler
{
    SchedulerConfig Config { get; }

    /// <summary>The timesteps of the walk, in order; whole numbers except for Euler and flow matching.</summary>
    IReadOnlyList<double> Timesteps { get; }

    /// <summary>Standard deviation of the noise that the walk starts from.</summary>
    double InitNoiseSigma { get; }

    /// <summary>Starts a new walk.</summary>
    /// <param name="steps">Number of sampling steps, 1 to num_train_timesteps.</param>
    void SetTimesteps(int steps);

    /// <summary>The sample as the model wants to see it at a timestep (a new tensor, or the sample itself where nothing is scaled).</summary>
    Tensor ScaleModelInput(Tensor sample, double timestep);

    /// <summary>One step, computed in fp32 and returned in the sample's element type.</summary>
    /// <param name="modelOutput">What the model predicted, [N, C, H, W].</param>
    /// <param name="timestep">The timestep that the model saw; an element of <see cref="Timesteps"/>, taken in order.</param>
    /// <param name="sample">The sample at that timestep, not scaled for the model.</param>
    /// <param name="noise">The noise for stochastic schedulers; drawn with <paramref name="generator"/> when null; others ignore it.</param>
    /// <param name="generator">The source of noise; torch's default one when null.</param>
    Tensor Step(Tensor modelOutput, double timestep, Tensor sample, Tensor? noise = null, Generator? generator = null);
}
