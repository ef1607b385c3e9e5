using System.Numerics.Tensors;
using StyleProtect.Artworks;
using StyleProtect.Perception;

namespace StyleProtect.Evaluation.Measures;

/// <summary>Cosine of the mean embeddings of the artist's pictures and of the painted ones, as the StyleProtect paper measures with CSD.</summary>
/// <param name="encoder">A style encoder; not disposed.</param>
public sealed class StyleSimilarity(IImageEncoder encoder) : IPaintedMeasure
{
    internal const string Key = "style";

    /// <inheritdoc/>
    public MeasureInfo Info { get; } = new(Key, "style similarity", "Cosine of the mean style embeddings of the artist's pictures and of the painted ones; 1 is the same style.") { Identity = EncoderIdentity.Of(encoder) };

    /// <inheritdoc/>
    public double? Measure(PaintedPictures painted)
    {
        ArgumentNullException.ThrowIfNull(painted);
        return TensorPrimitives.CosineSimilarity<float>(Mean(painted.Pictures), Mean(painted.Originals));
    }

    private float[] Mean(IReadOnlyList<Artwork> pictures)
    {
        var features = encoder.Features(pictures);
        var mean = new float[encoder.Width];
        for (var i = 0; i < pictures.Count; i++) TensorPrimitives.Add(mean, features.AsSpan(i * mean.Length, mean.Length), mean);
        return mean;
    }
}
