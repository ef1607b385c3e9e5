using System.Globalization;

namespace StyleProtect.Attacks.Purification;

/// <summary>The settings of one purifier as written, "kind:setting:setting"; says what does not fit.</summary>
internal sealed class PurifierWords
{
    private readonly string _text;
    private readonly string _usage;
    private readonly string[] _words;

    /// <param name="text">The whole text of the purifier.</param>
    /// <param name="kind">Its kind.</param>
    /// <exception cref="ArgumentException">The kind takes no settings and there is one.</exception>
    internal PurifierWords(string text, PurifierKind kind)
    {
        (_text, _usage) = (text, kind.Usage);
        var settings = text.Length > kind.Name.Length ? text[(kind.Name.Length + 1)..] : null;
        if (settings is not null && kind.Settings == 0) throw Misfit("it takes no settings");
        _words = settings?.Split(':', kind.Settings, StringSplitOptions.TrimEntries) ?? [];
    }

    /// <summary>A number; without a fallback it has to be there.</summary>
    internal double Number(int index, string what, double low, double high, double? fallback = null)
    {
        if (index >= _words.Length && fallback is { } value) return value;
        return index < _words.Length && double.TryParse(_words[index], NumberStyles.Float, CultureInfo.InvariantCulture, out value) &&
            value >= low && value <= high
            ? value
            : throw Misfit(string.Create(CultureInfo.InvariantCulture, $"{what} is a number from {low} to {high}"));
    }

    /// <summary>A whole number.</summary>
    internal int Whole(int index, string what, int low, int high, int? fallback = null)
    {
        var value = Number(index, what, low, high, fallback);
        return double.IsInteger(value) ? (int)value : throw Misfit($"{what} is a whole number");
    }

    /// <summary>An odd whole number.</summary>
    internal int Odd(int index, string what, int low, int high)
    {
        var value = Whole(index, what, low, high);
        return value % 2 == 1 ? value : throw Misfit($"{what} is odd");
    }

    /// <summary>One of some words; the first when it is not there.</summary>
    internal string Choice(int index, string what, params string[] choices)
    {
        if (index >= _words.Length) return choices[0];
        return Array.Find(choices, c => string.Equals(c, _words[index], StringComparison.OrdinalIgnoreCase)) ??
            throw Misfit($"{what} is {string.Join(" or ", choices)}");
    }

    /// <summary>A file, or null when it is not there.</summary>
    internal string? File(int index) => index < _words.Length && _words[index].Length > 0 ? _words[index] : null;

    internal ArgumentException Misfit(string reason) => Misfit(_text, _usage, reason);

    private static ArgumentException Misfit(string text, string usage, string reason) => new($"'{text}' does not fit {usage}: {reason}.", nameof(text));
}
