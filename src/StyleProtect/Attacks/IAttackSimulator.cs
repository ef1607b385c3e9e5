using StyleProtect.Runtime;

namespace StyleProtect.Attacks;

/// <summary>Does what a mimic would do with published pictures: fine-tunes a model on them and paints in their style.</summary>
public interface IAttackSimulator
{
    /// <summary>The model that is fine-tuned. Null for one that is not known: evaluations take nothing over then that was painted before.</summary>
    ModelIdentity? Model => null;

    /// <summary>Runs one attack. The model is the same again afterwards.</summary>
    /// <param name="request">The pictures to learn from, what to paint, and how.</param>
    /// <param name="progress">Called from the engine thread after each training step.</param>
    /// <param name="cancellationToken">Stops between two steps.</param>
    /// <exception cref="AttackException">The request cannot be carried out, or the training diverged; the message says why.</exception>
    /// <exception cref="Diffusion.Checkpoints.CheckpointException">The file to paint with does not fit the model.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    Task<AttackResult> SimulateAsync(AttackRequest request, IProgress<AttackProgress>? progress = null, CancellationToken cancellationToken = default);
}
