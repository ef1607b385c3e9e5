using System.Globalization;
using StyleProtect.Cli.Text;

namespace StyleProtect.Cli.Protecting;

/// <summary>Numbers and choices from the command line, with one-line errors.</summary>
internal static class WordReader
{
    /// <summary>A whole number in a range, or null when nothing was typed.</summary>
    internal static long? Integer(string option, string? text, long least, long most, string example)
    {
        if (text is null) return null;
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value))
            throw CommandException.Usage($"{option}: '{text}' is not a whole number.", $"Example: {option} {example}");
        if (value < least || value > most)
            throw CommandException.Usage($"{option} {text} is out of range.", $"Allowed: {Format.Count(least)} to {Format.Count(most)}; for example {option} {example}");
        return value;
    }

    /// <summary>A finite number with a decimal point.</summary>
    internal static double Number(string option, string text, string example)
    {
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value)) return value;
        throw CommandException.Usage($"{option}: '{text}' is not a number.", $"Example: {option} {example} (with a decimal point)");
    }

    /// <summary>One of several words.</summary>
    internal static T Choice<T>(string option, string text, params (string Name, T Value)[] choices)
    {
        var name = text.Trim().ToLowerInvariant();
        foreach (var choice in choices)
            if (choice.Name == name) return choice.Value;
        var names = choices.Select(c => c.Name).ToArray();
        throw CommandException.Usage($"{option}: unknown value '{text}'.", Nearest.Suggest(name, names) ?? $"Known: {string.Join(", ", names)}.");
    }
}
