using StyleProtect.Artworks;
using StyleProtect.Metrics;

namespace StyleProtect.TestPlugin;

/// <summary>Mean absolute change of a sample.</summary>
public sealed class MeanDifference : IPictureMetric
{
    public string Name => "mean-difference";

    public string Description => "Mean absolute change of a sample, in 8-bit steps.";

    public bool HigherIsMoreSimilar => false;

    public double? Compute(Artwork original, Artwork changed)
    {
        ArgumentNullException.ThrowIfNull(original);
        ArgumentNullException.ThrowIfNull(changed);
        return original.ToPlanarRgb().Zip(changed.ToPlanarRgb(), (a, b) => (double)Math.Abs(a - b)).Average();
    }
}
