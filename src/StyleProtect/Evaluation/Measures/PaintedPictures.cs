using StyleProtect.Artworks;

namespace StyleProtect.Evaluation.Measures;

/// <summary>The pictures of one attack and what they are compared with.</summary>
/// <param name="Pictures">One for each prompt.</param>
/// <param name="Prompts">What was asked for.</param>
/// <param name="Originals">The artist's pictures.</param>
public sealed record PaintedPictures(IReadOnlyList<Artwork> Pictures, IReadOnlyList<string> Prompts, IReadOnlyList<Artwork> Originals)
{
    /// <summary>What the mimic painted from the clean pictures, same prompts and seed; null for that mimic itself and where it diverged.</summary>
    public IReadOnlyList<Artwork>? Clean { get; init; }
}
