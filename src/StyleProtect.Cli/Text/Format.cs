using System.Globalization;

namespace StyleProtect.Cli.Text;

/// <summary>Numbers as people read them; always with a decimal point.</summary>
internal static class Format
{
    internal static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    /// <summary>A number that may not exist (SSIM of a picture smaller than its window).</summary>
    internal static string NumberOrDash(double value, string format) => double.IsNaN(value) ? "–" : Number(value, format);

    /// <summary>Two or three significant digits, without an exponent where that stays short: 0.76, -5.17, 4.3e-4.</summary>
    internal static string Significant(double value) => Math.Abs(value) switch
    {
        0 => "0",
        < 1e-2 or >= 1e3 => Number(value, "0.0e+0"),
        < 1e1 => Number(value, "0.00"),
        _ => Number(value, "0"),
    };

    /// <summary>Decibels; an unchanged picture has infinitely many.</summary>
    internal static string Decibels(double value) => double.IsPositiveInfinity(value) ? "unchanged" : Number(value, "0.0") + " dB";

    /// <summary>A count with thin groups: 6,881,280.</summary>
    internal static string Count(long value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    /// <summary>Bytes in binary units.</summary>
    internal static string Bytes(long value) => value switch
    {
        >= 1L << 30 => Number(value / (double)(1L << 30), "0.0") + " GiB",
        >= 1L << 20 => Number(value / (double)(1L << 20), "0.0") + " MiB",
        >= 1L << 10 => Number(value / (double)(1L << 10), "0.0") + " KiB",
        _ => Count(value) + " B",
    };

    /// <summary>A duration: "8 s", "2 min 05 s", "1 h 03 min".</summary>
    internal static string Duration(TimeSpan time)
    {
        if (time < TimeSpan.Zero) time = TimeSpan.Zero;
        if (time.TotalSeconds < 10) return Number(time.TotalSeconds, "0.0") + " s";
        var seconds = (long)Math.Round(time.TotalSeconds);
        if (seconds < 60) return Number(seconds, "0") + " s";
        return seconds < 3600
            ? $"{Number(seconds / 60, "0")} min {Number(seconds % 60, "00")} s"
            : $"{Number(seconds / 3600, "0")} h {Number(seconds % 3600 / 60, "00")} min";
    }
}
