using System.Numerics.Tensors;
using StyleProtect.Artworks;
using StyleProtect.Perception;

namespace StyleProtect.Evaluation.Metrics;

/// <summary>Cosine of the mean embeddings of the artist's pictures and of the generated ones, as the StyleProtect paper measures with CSD.</summary>
/// <param name="encoder">A style encoder; not disposed.</param>
public sealed class StyleSimilarity(IImageEncoder encoder) : IGenerationMetric
{
    internal const string Key = "style";

    /// <inheritdoc/>
    public MetricInfo Info { get; } = new(
        Key, "style similarity", "Cosine of the mean style embeddings of the artist's pictures and of the generated ones; 1 is the same style.")
    {
        Identity = EncoderIdentity.Of(encoder),
    };

    /// <inheritdoc/>
    public double? Compute(GeneratedPictures generated)
    {
        ArgumentNullException.ThrowIfNull(generated);
        return TensorPrimitives.CosineSimilarity<float>(Mean(generated.Pictures), Mean(generated.Originals));
    }

    private float[] Mean(IReadOnlyList<Artwork> pictures)
    {
        var features = encoder.Features(pictures);
        var mean = new float[encoder.Width];
        for (var i = 0; i < pictures.Count; i++) TensorPrimitives.Add(mean, features.AsSpan(i * mean.Length, mean.Length), mean);
        return mean;
    }
}
