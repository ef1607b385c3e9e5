using System.Globalization;

namespace StyleProtect.Runtime;

/// <summary>A LoRA that is merged into a model's weights when they are loaded.</summary>
/// <param name="Path">The <c>.safetensors</c> file, or a folder with one as diffusers or peft save it.</param>
/// <param name="Weight">Its strength, -100 to 100; 1 as it was trained.</param>
public sealed record LoraReference(string Path, double Weight = 1)
{
    private const double MostWeight = 100;

    /// <summary>Reads <c>file</c> or <c>file:weight</c>.</summary>
    /// <param name="text">The text. What follows the last colon is the weight when it is a number, unless a file of the whole name exists or the colon belongs
    /// to a drive (<c>C:\style.safetensors</c>).</param>
    /// <exception cref="FormatException">There is no file in it, or the weight is no number in range.</exception>
    public static LoraReference Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (string.IsNullOrWhiteSpace(text)) throw new FormatException("A LoRA is named as file or file:weight; the text is empty.");
        var colon = text.LastIndexOf(':');
        if (colon < 0 || IsDrive(text, colon) || File.Exists(text) || Directory.Exists(text)) return new LoraReference(text);
        string path = text[..colon], number = text[(colon + 1)..];
        var isNumber = double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var weight);
        if (isNumber && Math.Abs(weight) <= MostWeight)
            return path.Length > 0 ? new LoraReference(path, weight) : throw new FormatException($"'{text}' names no file in front of the weight.");
        // A colon is part of a name on some systems, but not right behind the ending.
        return path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase) || isNumber
            ? throw new FormatException($"'{text}': the weight '{number}' is not a number from -{MostWeight} to {MostWeight} (with a decimal point).")
            : new LoraReference(text);
    }

    /// <summary>What is wrong with it, or null.</summary>
    internal string? Fault() =>
        string.IsNullOrWhiteSpace(Path) ? "names no file."
        : !(Math.Abs(Weight) <= MostWeight) ? FormattableString.Invariant($"has the weight {Weight}; it must be -{MostWeight} to {MostWeight}.")
        : null;

    private static bool IsDrive(string text, int colon) => colon == 1 && char.IsAsciiLetter(text[0]);
}
