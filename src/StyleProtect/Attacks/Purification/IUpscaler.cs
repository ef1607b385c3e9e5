using StyleProtect.Artworks;

namespace StyleProtect.Attacks.Purification;

/// <summary>Enlarges pictures, and may clean them while it does. Implement it to bring a learned upscaler to the purifier <c>noisy-upscale</c>.</summary>
public interface IUpscaler
{
    /// <summary>What it is, for messages and reports.</summary>
    string Name { get; }

    /// <summary>Enlarges a picture by the upscaler's own factor. Deterministic.</summary>
    /// <param name="artwork">The picture.</param>
    /// <returns>A larger picture of the same subject; the purifier brings it back to the old size.</returns>
    Artwork Upscale(Artwork artwork);
}
