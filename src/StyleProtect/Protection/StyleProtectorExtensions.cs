using StyleProtect.Artworks;

namespace StyleProtect.Protection;

/// <summary>Shorter ways to call an <see cref="IStyleProtector"/>.</summary>
public static class StyleProtectorExtensions
{
    /// <summary>Protects one picture.</summary>
    /// <param name="protector">The protector.</param>
    /// <param name="artwork">The picture; each side has at least <see cref="StyleProtector.SmallestSide"/> pixels.</param>
    /// <param name="options">The settings; null takes the protector's defaults.</param>
    /// <param name="progress">Called from the engine thread after each step.</param>
    /// <param name="cancellationToken">Stops between two steps; nothing is kept then.</param>
    /// <returns>The protected picture at its own size, with the figures of the change.</returns>
    /// <exception cref="ProtectionException">The picture cannot be protected with these settings; the message says why.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static async Task<ProtectedArtwork> ProtectAsync(
        this IStyleProtector protector, Artwork artwork, ProtectionOptions? options = null, IProgress<ProtectionProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(protector);
        ArgumentNullException.ThrowIfNull(artwork);
        var result = await protector.ProtectAsync(new ProtectionRequest(artwork) { Options = options }, progress, cancellationToken).ConfigureAwait(false);
        return result.Artworks[0];
    }
}
