using StyleProtect.Artworks;

namespace StyleProtect.Evaluation.Metrics;

/// <summary>
/// A metric of the pictures that a mimic generated. Implement it to bring one of your own: of content, of quality, of anything that can be seen.
/// </summary>
public interface IGenerationMetric
{
    /// <summary>What it is called and what it says.</summary>
    MetricInfo Info { get; }

    /// <summary>Computes the metric for the pictures of one attack.</summary>
    /// <param name="generated">The pictures and what they are compared with.</param>
    /// <returns>A finite number, or null where the metric has no value (no prompt whose content it knows, no clean mimic to compare with).</returns>
    double? Compute(GeneratedPictures generated);
}

/// <summary>The pictures of one attack and what they are compared with.</summary>
/// <param name="Pictures">One for each prompt.</param>
/// <param name="Prompts">What was asked for.</param>
/// <param name="Originals">The artist's pictures.</param>
public sealed record GeneratedPictures(IReadOnlyList<Artwork> Pictures, IReadOnlyList<string> Prompts, IReadOnlyList<Artwork> Originals)
{
    /// <summary>
    /// What the mimic generated that learned from the clean pictures, same prompts and seed; null for that mimic itself and where it diverged.
    /// </summary>
    public IReadOnlyList<Artwork>? Clean { get; init; }
}
