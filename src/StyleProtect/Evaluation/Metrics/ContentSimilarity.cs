using System.Numerics.Tensors;
using StyleProtect.Perception;

namespace StyleProtect.Evaluation.Metrics;

/// <summary>
/// Mean cosine of the content embeddings of each generated picture and of the one that the clean mimic generates of the same prompt with the same seed.
/// </summary>
/// <param name="encoder">A content encoder; not disposed.</param>
public sealed class ContentSimilarity(IImageEncoder encoder) : IGenerationMetric
{
    /// <inheritdoc/>
    public MetricInfo Info { get; } = new(
        "content-similarity", "content similarity to clean",
        "Mean cosine of the content embeddings of each picture and of the one that the clean mimic generates of the same prompt; 1 is the same content.")
    {
        Identity = EncoderIdentity.Of(encoder),
    };

    /// <inheritdoc/>
    public double? Compute(GeneratedPictures generated)
    {
        ArgumentNullException.ThrowIfNull(generated);
        if (generated.Clean is not { } clean) return null;
        var (ours, theirs, width) = (encoder.Features(generated.Pictures), encoder.Features(clean), encoder.Width);
        return Enumerable.Range(0, generated.Pictures.Count)
            .Average(i => (double)TensorPrimitives.CosineSimilarity<float>(ours.AsSpan(i * width, width), theirs.AsSpan(i * width, width)));
    }
}
