using System.Numerics.Tensors;
using StyleProtect.Artworks;
using StyleProtect.Metrics;
using StyleProtect.Perception;

namespace StyleProtect.Evaluation.Metrics;

/// <summary>
/// <see cref="KernelDistance"/> of the generated pictures' embeddings to a set of others, the unit vectors brought to √width, so that a feature's square is 1
/// in the mean as the
/// kernel expects. It is the KID's computation, a KID only with Inception's features.
/// </summary>
internal sealed class FeatureKernelDistance : IGenerationMetric
{
    private readonly IImageEncoder _encoder;
    private readonly Func<GeneratedPictures, IReadOnlyList<Artwork>?> _others;

    private FeatureKernelDistance(IImageEncoder encoder, string key, string title, string meaning, Func<GeneratedPictures, IReadOnlyList<Artwork>?> others)
    {
        (_encoder, _others) = (encoder, others);
        Info = new MetricInfo(key, title, meaning) { Identity = EncoderIdentity.Of(encoder) };
    }

    public MetricInfo Info { get; }

    internal static FeatureKernelDistance ToOriginals(IImageEncoder encoder) => new(
        encoder, "kernel-originals", "kernel distance to originals",
        "Squared maximum mean discrepancy (the KID's kernel, on the style encoder's features) to the artist's pictures; " +
        "0 is the same distribution, more is farther.", p =>
            p.Originals);

    internal static FeatureKernelDistance ToClean(IImageEncoder encoder) => new(
        encoder, "kernel-clean", "kernel distance to clean",
        "The same to the pictures that the clean mimic generates: how far quality and style are from what the mimic wanted.", p =>
            p.Clean);

    public double? Compute(GeneratedPictures generated) =>
        generated.Pictures.Count >= 2 && _others(generated) is { Count: >= 2 } others
            ? KernelDistance.Compute(Features(generated.Pictures), Features(others), _encoder.Width)
            : null;

    private float[] Features(IReadOnlyList<Artwork> pictures)
    {
        var features = _encoder.Features(pictures);
        TensorPrimitives.Multiply(features, MathF.Sqrt(_encoder.Width), features);
        return features;
    }
}
