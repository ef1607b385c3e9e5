using StyleProtect.Artworks;

namespace StyleProtect.Metrics;

/// <summary>
/// A metric of how similar a picture is to its original. Implement it to bring a metric of your own: it then stands beside the built-in ones
/// (<see cref="PictureMetrics"/>).
/// </summary>
public interface IPictureMetric
{
    /// <summary>Short name, unique among the metrics that are used together ("PSNR"); it heads the column of a table and is the key in JSON.</summary>
    string Name { get; }

    /// <summary>What it computes, in one sentence.</summary>
    string Description { get; }

    /// <summary>Unit of a value, for tables ("dB").</summary>
    /// <value>The default is empty: no unit.</value>
    string Unit => "";

    /// <summary>Whether a higher value means that the pictures are more similar.</summary>
    bool HigherIsMoreSimilar { get; }

    /// <summary>Compares two pictures of one size. Deterministic: the same pictures always give the same value. Can be called from any thread.</summary>
    /// <param name="original">The picture before it was changed.</param>
    /// <param name="changed">The picture afterwards, of the same width and height.</param>
    /// <returns>
    /// A number, infinity included (the PSNR of equal pictures); null where the metric is not defined for pictures like these, such as too small ones.
    /// </returns>
    double? Compute(Artwork original, Artwork changed);
}
