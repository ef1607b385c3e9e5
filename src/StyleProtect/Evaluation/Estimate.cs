using System.Globalization;

namespace StyleProtect.Evaluation;

/// <summary>A mean with its 95 % bootstrap interval (percentile method, 2,000 resamples with a fixed seed).</summary>
/// <param name="Mean">Mean of the values.</param>
/// <param name="Low">2.5 % point of the resampled means.</param>
/// <param name="High">97.5 % point of the resampled means.</param>
/// <param name="Count">Number of values.</param>
public sealed record Estimate(double Mean, double Low, double High, int Count)
{
    private const int Resamples = 2000;

    /// <summary>True when the interval leaves out zero.</summary>
    public bool IsSignificant => Count > 1 && (Low > 0 || High < 0);

    /// <summary>Mean and interval as people read them: "0.305 (0.289 to 0.335)"; a single value has no interval.</summary>
    /// <param name="format">A number format ("0.000").</param>
    /// <param name="scale">Factor of all three numbers, 100 for a share in per cent.</param>
    public string ToText(string format, double scale = 1)
    {
        return Count == 1 ? Number(Mean) : $"{Number(Mean)} ({Number(Low)} to {Number(High)})";

        string Number(double value) => (scale * value).ToString(format, CultureInfo.InvariantCulture);
    }

    /// <summary>Estimates the mean of independent values.</summary>
    /// <param name="values">At least one finite value; for paired comparisons the differences.</param>
    /// <exception cref="ArgumentException">There is no value, or one is not finite.</exception>
    public static Estimate Of(IReadOnlyList<double> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.Count == 0 || values.Any(v => !double.IsFinite(v)))
            throw new ArgumentException("An estimate needs at least one value, and finite ones only.", nameof(values));
        var random = new Random(12345); // one fixed stream: the same values give the same interval
        var means = new double[Resamples];
        for (var i = 0; i < Resamples; i++)
        {
            double sum = 0;
            for (var j = 0; j < values.Count; j++) sum += values[random.Next(values.Count)];
            means[i] = sum / values.Count;
        }

        Array.Sort(means);
        return new Estimate(values.Average(), means[(int)(0.025 * Resamples)], means[(int)(0.975 * Resamples) - 1], values.Count);
    }
}
