using StyleProtect.Runtime;

namespace StyleProtect.Protection;

/// <summary>
/// Protects artworks against style mimicry: adds a small bounded perturbation, so that a diffusion model fine-tuned on the pictures fails to learn the style.
/// Thread-safe; jobs are queued on one engine thread, because torch owns the cores.
/// </summary>
public interface IStyleProtector
{
    /// <summary>The model. Null for one that is not known: evaluations take nothing over then that was protected before.</summary>
    ModelIdentity? Model => null;

    /// <summary>Protects the pictures of one request together, as one artist's set.</summary>
    /// <param name="request">The pictures and the settings.</param>
    /// <param name="progress">Called from the engine thread after each step.</param>
    /// <param name="cancellationToken">Stops between two steps; nothing is kept then.</param>
    /// <returns>The protected pictures in the request's order, at their own size, and the figures.</returns>
    /// <exception cref="ProtectionException">The request cannot be carried out (unknown layer, loss not finite, picture too small); the message says
    /// why.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    Task<ProtectionResult> ProtectAsync(ProtectionRequest request, IProgress<ProtectionProgress>? progress = null,
        CancellationToken cancellationToken = default);
}
