using System.ComponentModel;
using StyleProtect.Evaluation.Metrics;

namespace StyleProtect.TestPlugin;

/// <summary>Mean of all samples of the generated pictures.</summary>
public sealed class Brightness : IGenerationMetric
{
    public enum MeasuredPictures
    {
        All,
        First,
    }

    [Description("Pictures that count")]
    public MeasuredPictures Scope { get; set; }

    [Description("What each number is multiplied by")]
    public double Factor { get; set; } = 1;

    [Description("Count from white")]
    public bool Inverted { get; set; }

    public MetricInfo Info { get; } = new("brightness", "brightness", "Mean of all samples.");

    public double? Compute(GeneratedPictures generated)
    {
        ArgumentNullException.ThrowIfNull(generated);
        var mean = generated.Pictures.Take(Scope is MeasuredPictures.First ? 1 : int.MaxValue).Average(p => p.ToPlanarRgb().Average(s => (double)s));
        return Factor * (Inverted ? 255 - mean : mean);
    }
}
