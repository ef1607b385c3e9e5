namespace StyleProtect.Evaluation.Measures;

/// <summary>A figure of what a mimic painted. Implement it to bring a measure of your own: of content, of quality, of anything that can be seen.</summary>
public interface IPaintedMeasure
{
    /// <summary>What it is called and what it says.</summary>
    MeasureInfo Info { get; }

    /// <summary>Measures the pictures of one attack.</summary>
    /// <param name="painted">The pictures and what they are compared with.</param>
    /// <returns>A finite number, or null where the measure says nothing (no prompt whose content it knows, no clean mimic to compare with).</returns>
    double? Measure(PaintedPictures painted);
}
