using System.Globalization;
using StyleProtect.Cli.Text;

namespace StyleProtect.Cli.Options;

/// <summary>How the value of an option is read.</summary>
/// <param name="Parse">From the option's name and the text; throws a <see cref="CommandException"/> that names both.</param>
internal sealed record ValueParser<T>(Func<string, string, T> Parse)
{
    /// <summary>The words that can be chosen from, or none.</summary>
    internal IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>The values that are possible, in words, or null.</summary>
    internal string? Range { get; init; }
}

/// <summary>Words that stand for values.</summary>
internal sealed class Choices<T>(string noun, params (string Name, T Value)[] choices)
{
    internal Choices(params (string Name, T Value)[] choices)
        : this("value", choices)
    {
    }

    /// <summary>Reads one of the words; letter case does not count.</summary>
    internal ValueParser<T> Parser => new(Parse) { Words = Names };

    /// <summary>Names that a word had in earlier versions, which are still understood.</summary>
    internal IReadOnlyList<(string Former, string Name)> Former { get; init; } = [];

    internal IReadOnlyList<string> Names => [.. choices.Select(c => c.Name)];

    internal IReadOnlyList<T> Values => [.. choices.Select(c => c.Value)];

    /// <summary>The word for a value.</summary>
    internal string NameOf(T value) => Array.Find(choices, c => EqualityComparer<T>.Default.Equals(c.Value, value)).Name;

    private T Parse(string option, string text)
    {
        var name = text.Trim().ToLowerInvariant();
        var today = Former.FirstOrDefault(f => f.Former == name).Name ?? name;
        foreach (var choice in choices)
            if (choice.Name == today) return choice.Value;
        throw CommandException.Usage($"{option}: unknown {noun} '{text}'.", Nearest.Suggest(name, Names) ?? $"Known: {string.Join(", ", Names)}.");
    }
}

/// <summary>Parsers of numbers, amounts and texts.</summary>
internal static class Values
{
    private static readonly (string Unit, double Bytes)[] s_units =
    [
        ("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40), ("KB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12), ("B", 1),
    ];

    /// <summary>The text as it stands.</summary>
    internal static ValueParser<string> Text { get; } = new((_, text) => text);

    /// <summary>Texts separated by commas.</summary>
    internal static ValueParser<string[]> List { get; } = new((_, text) =>
        text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));

    /// <summary>Bytes: a number and its unit, as in <c>4GiB</c>.</summary>
    internal static ValueParser<long> Memory { get; } = new(ReadMemory);

    /// <summary>A whole number in a range.</summary>
    internal static ValueParser<int> Integer(int least, int most, string example) =>
        new((option, text) => (int)ReadWhole(option, text, least, most, example)) { Range = $"{Format.Count(least)} to {Format.Count(most)}" };

    /// <summary>Any whole number.</summary>
    internal static ValueParser<long> Whole(string example) => new((option, text) => ReadWhole(option, text, long.MinValue, long.MaxValue, example));

    /// <summary>A finite number with a decimal point.</summary>
    internal static ValueParser<double> Number(string example, string? range = null) =>
        new((option, text) => ReadNumber(option, text, example)) { Range = range };

    internal static double ReadNumber(string option, string text, string example)
    {
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value)) return value;
        throw CommandException.Usage($"{option}: '{text}' is not a number.", $"Example: {option} {example} (with a decimal point)");
    }

    private static long ReadWhole(string option, string text, long least, long most, string example)
    {
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value))
            throw CommandException.Usage($"{option}: '{text}' is not a whole number.", $"Example: {option} {example}");
        if (value < least || value > most)
            throw CommandException.Usage($"{option} {text} is out of range.",
                $"Allowed: {Format.Count(least)} to {Format.Count(most)}; for example {option} {example}");
        return value;
    }

    private static long ReadMemory(string option, string text)
    {
        var word = text.Trim();
        var (unit, bytes) = Array.Find(s_units, u => word.EndsWith(u.Unit, StringComparison.OrdinalIgnoreCase));
        var number = unit is null ? word : word[..^unit.Length];
        var example = $"Example: {option} 4GiB";
        if (!double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value))
            throw CommandException.Usage($"{option}: '{text}' is not an amount of memory.", example);
        if (unit is null) throw CommandException.Usage($"{option}: '{text}' has no unit.",
            $"Units: {string.Join(", ", s_units.Select(u => u.Unit))}. {example}");
        var amount = value * bytes;
        return amount is >= 1 and <= 1L << 50 ? (long)amount : throw CommandException.Usage($"{option} {text} is out of range.", example);
    }
}
