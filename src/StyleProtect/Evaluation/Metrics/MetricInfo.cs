using System.Globalization;

namespace StyleProtect.Evaluation.Metrics;

/// <summary>A metric as reports name it.</summary>
/// <param name="Key">Short name, unique in an evaluation ("content").</param>
/// <param name="Title">Name for tables ("content accuracy").</param>
/// <param name="Meaning">What a value says, in one sentence.</param>
public sealed record MetricInfo(string Key, string Title, string Meaning)
{
    /// <summary>
    /// What a value depends on beside the pictures: the encoder, its weights. Runs that were measured under another identity are measured again.
    /// </summary>
    public string Identity { get; init; } = "";

    /// <summary>Number format of a written value.</summary>
    public string Format { get; init; } = "0.000";

    /// <summary>Factor of written values: 100 for a share in per cent.</summary>
    public double Scale { get; init; } = 1;

    /// <summary>What stands behind a written value, with its space (" %").</summary>
    public string Unit { get; init; } = "";

    /// <summary>A value of the metric as people read it.</summary>
    /// <param name="value">The value.</param>
    public string ToText(double value) => (Scale * value).ToString(Format, CultureInfo.InvariantCulture) + Unit;

    /// <summary>Mean and interval as people read them.</summary>
    /// <param name="estimate">The estimate; null becomes a dash.</param>
    public string ToText(Estimate? estimate) => estimate is null ? "–" : estimate.ToText(Format, Scale) + Unit;
}
