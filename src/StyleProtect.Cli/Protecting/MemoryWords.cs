using System.Globalization;

namespace StyleProtect.Cli.Protecting;

/// <summary>Amounts of memory: a number and its unit, as in <c>4GiB</c>.</summary>
internal static class MemoryWords
{
    private static readonly (string Unit, double Bytes)[] s_units =
    [
        ("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40), ("KB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12), ("B", 1),
    ];

    /// <summary>Bytes, or null when nothing was typed.</summary>
    /// <exception cref="CommandException">It is no amount, has no unit, or is out of range.</exception>
    internal static long? Read(string option, string? text)
    {
        if (text is null) return null;
        var word = text.Trim();
        var (unit, bytes) = Array.Find(s_units, u => word.EndsWith(u.Unit, StringComparison.OrdinalIgnoreCase));
        var number = unit is null ? word : word[..^unit.Length];
        if (!double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value))
            throw CommandException.Usage($"{option}: '{text}' is not an amount of memory.", Example(option));
        if (unit is null) throw CommandException.Usage($"{option}: '{text}' has no unit.", $"Units: {string.Join(", ", s_units.Select(u => u.Unit))}. {Example(option)}");
        var amount = value * bytes;
        if (amount is < 1 or > 1L << 50) throw CommandException.Usage($"{option} {text} is out of range.", Example(option));
        return (long)amount;
    }

    private static string Example(string option) => $"Example: {option} 4GiB";
}
