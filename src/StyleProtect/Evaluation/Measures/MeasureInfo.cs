using System.Globalization;

namespace StyleProtect.Evaluation.Measures;

/// <summary>A measure as reports name it.</summary>
/// <param name="Key">Short name, unique in an evaluation ("content").</param>
/// <param name="Title">Name for tables ("content accuracy").</param>
/// <param name="Meaning">What the figure says, in one sentence.</param>
public sealed record MeasureInfo(string Key, string Title, string Meaning)
{
    /// <summary>What the figure depends on beside the pictures: the encoder, its weights. Runs that were measured under another one are measured again.</summary>
    public string Identity { get; init; } = "";

    /// <summary>How a number of it is written.</summary>
    public string Format { get; init; } = "0.000";

    /// <summary>Factor of written numbers: 100 for a share in per cent.</summary>
    public double Scale { get; init; } = 1;

    /// <summary>What stands behind a written number, with its space (" %").</summary>
    public string Unit { get; init; } = "";

    /// <summary>A number of the measure as people read it.</summary>
    /// <param name="value">The number.</param>
    public string ToText(double value) => (Scale * value).ToString(Format, CultureInfo.InvariantCulture) + Unit;

    /// <summary>Mean and interval as people read them.</summary>
    /// <param name="estimate">The estimate; null becomes a dash.</param>
    public string ToText(Estimate? estimate) => estimate is null ? "–" : estimate.ToText(Format, Scale) + Unit;
}
