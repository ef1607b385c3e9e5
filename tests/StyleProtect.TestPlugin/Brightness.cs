using System.ComponentModel;
using StyleProtect.Evaluation.Measures;

namespace StyleProtect.TestPlugin;

/// <summary>Mean of all samples of the generated pictures.</summary>
public sealed class Brightness : IPaintedMeasure
{
    public enum Of
    {
        AllPictures,
        FirstPicture,
    }

    [Description("Pictures that are measured")]
    public Of Scope { get; set; }

    [Description("What each number is multiplied by")]
    public double Factor { get; set; } = 1;

    [Description("Count from white")]
    public bool Inverted { get; set; }

    public MeasureInfo Info { get; } = new("brightness", "brightness", "Mean of all samples.");

    public double? Measure(PaintedPictures painted)
    {
        ArgumentNullException.ThrowIfNull(painted);
        var mean = painted.Pictures.Take(Scope is Of.FirstPicture ? 1 : int.MaxValue).Average(p => p.ToPlanarRgb().Average(s => (double)s));
        return Factor * (Inverted ? 255 - mean : mean);
    }
}
