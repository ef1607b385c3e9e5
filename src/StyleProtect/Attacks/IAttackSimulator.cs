using StyleProtect.Artworks;
using StyleProtect.Runtime;

namespace StyleProtect.Attacks;

/// <summary>Does what a mimic would do with published pictures: fine-tunes a model on them and generates pictures in their style.</summary>
public interface IAttackSimulator
{
    /// <summary>The model that is fine-tuned. Null for one that is not known: evaluations take nothing over then that was generated before.</summary>
    ModelIdentity? Model => null;

    /// <summary>Runs one attack. The model is the same again afterwards.</summary>
    /// <param name="request">The pictures to learn from, what to generate, and how.</param>
    /// <param name="progress">Called from the engine thread after each training step.</param>
    /// <param name="cancellationToken">Stops between two steps.</param>
    /// <exception cref="AttackException">The request cannot be carried out, or the training diverged; the message says why.</exception>
    /// <exception cref="Diffusion.Checkpoints.CheckpointException">The file to generate with does not fit the model.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    Task<AttackResult> SimulateAsync(AttackRequest request, IProgress<AttackProgress>? progress = null, CancellationToken cancellationToken = default);
}

/// <summary>What the mimic generated.</summary>
/// <param name="Generated">One picture for each prompt.</param>
/// <param name="LossCurve">Training loss of every step.</param>
/// <param name="TrainedParameters">Number of trained weights.</param>
/// <param name="Duration">Time of training and sampling.</param>
public sealed record AttackResult(IReadOnlyList<Artwork> Generated, IReadOnlyList<double> LossCurve, long TrainedParameters, TimeSpan Duration);

/// <summary>Where a running attack stands.</summary>
/// <param name="Step">Training steps done.</param>
/// <param name="Steps">Training steps in all.</param>
/// <param name="Loss">Loss of the step just done.</param>
/// <param name="Elapsed">Time since the attack began.</param>
/// <param name="Remaining">Estimated time left in training.</param>
public sealed record AttackProgress(int Step, int Steps, double Loss, TimeSpan Elapsed, TimeSpan Remaining);
